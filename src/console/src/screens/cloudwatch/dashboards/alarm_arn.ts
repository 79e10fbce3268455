/** "arn:aws:cloudwatch:us-east-1:000000000000:alarm:NAME": the name may have colons, too. */
export function alarmName(arn: string): string {
  return arn.split(':alarm:').slice(1).join(':alarm:') || arn;
}

/** The region of an ARN; undefined for any other text. */
export function regionOf(arn: string): string | undefined {
  return arn.split(':')[3] || undefined;
}
