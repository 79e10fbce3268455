"""The images of items that DynamoDB keeps: each counts its uses."""

# How often rows name each image, beside how often it is counted.
MISCOUNTED = """
    with use(id) as (
        select image_id from dynamodb_item union all select image_id from dynamodb_version
        union all select old_image_id from dynamodb_record union all select new_image_id from dynamodb_record)
    select id, uses, (select count(*) from use where use.id = image.id) as named from dynamodb_image image
    where uses <> named or not exists (select 1 from dynamodb_content where image_id = image.id)
    union all select image_id, 0, 0 from dynamodb_content where image_id not in (select id from dynamodb_image)
    union all select id, 0, 1 from use where id is not null and id not in (select id from dynamodb_image)"""
