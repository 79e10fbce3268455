/** What a stream's records show of an item, in AWS's words. */
export const STREAM_VIEWS = [
  { value: 'KEYS_ONLY', label: 'Key attributes only' },
  { value: 'NEW_IMAGE', label: 'New image' },
  { value: 'OLD_IMAGE', label: 'Old image' },
  { value: 'NEW_AND_OLD_IMAGES', label: 'New and old images' },
];
