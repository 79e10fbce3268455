/* Made by make_sigv4_vectors.py: requests as botocore signs them.  Do not edit. */
static const struct {
    const char *name, *request;
} vectors[] = {
    {"a JSON call",
     "POST / HTTP/1.1\r\n"
     "Host: sqs.eu-west-1.amazonaws.com\r\n"
     "Content-Type: application/x-amz-json-1.0\r\n"
     "X-Amz-Target: AmazonSQS.SendMessage\r\n"
     "X-Amz-Date: 20260131T120000Z\r\n"
     "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260131/eu-west-1/sqs/aws4_request, "
     "SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
     "Signature=19a086bbb226a02ad21f2ce2c2bf964908cbd192b0793bc4086738c39c370099\r\n"
     "Content-Length: 23\r\n"
     "\r\n"
     "{\"MessageBody\":\"caf\303\251\"}"},
    {"a session's call",
     "POST / HTTP/1.1\r\n"
     "Host: sqs.eu-west-1.amazonaws.com\r\n"
     "Content-Type: application/x-amz-json-1.0\r\n"
     "X-Amz-Target: AmazonSQS.SendMessage\r\n"
     "X-Amz-Date: 20260131T120000Z\r\n"
     "X-Amz-Security-Token: FwoGZXIvYXdzE//+token==\r\n"
     "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260131/eu-west-1/sqs/aws4_request, "
     "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, "
     "Signature=25b130bd19cdd396629cd48da3bbdc64a0b78fc83160170456d34622f139055c\r\n"
     "Content-Length: 2\r\n"
     "\r\n"
     "{}"},
    {"a form",
     "POST / HTTP/1.1\r\n"
     "Host: sns.eu-west-1.amazonaws.com\r\n"
     "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"
     "X-Amz-Date: 20260131T120000Z\r\n"
     "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260131/eu-west-1/sns/aws4_request, "
     "SignedHeaders=content-type;host;x-amz-date, "
     "Signature=d317c78db256f465e4305b45bcbd1dd40f9482e544004ebf0ac1d8d8d4fdaa02\r\n"
     "Content-Length: 49\r\n"
     "\r\n"
     "Action=Publish&Message=a+b%26c&Version=2010-03-31"},
    {"an encoded path",
     "POST /2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A000000000000%3Afunction%3Ao/invocations "
     "HTTP/1.1\r\n"
     "Host: lambda.eu-west-1.amazonaws.com\r\n"
     "X-Amz-Date: 20260131T120000Z\r\n"
     "Authorization: AWS4-HMAC-SHA256 "
     "Credential=AKIAIOSFODNN7EXAMPLE/20260131/eu-west-1/lambda/aws4_request, SignedHeaders=host;x-amz-date, "
     "Signature=c73f87e077233314ed0b5d1f495d4cb1411cdfa29095ed25ccb517e7caad79df\r\n"
     "Content-Length: 2\r\n"
     "\r\n"
     "{}"},
    {"a path with dots and double slashes",
     "GET //a/./b//../c%20d/~e/ HTTP/1.1\r\n"
     "Host: lambda.eu-west-1.amazonaws.com\r\n"
     "X-Amz-Date: 20260131T120000Z\r\n"
     "Authorization: AWS4-HMAC-SHA256 "
     "Credential=AKIAIOSFODNN7EXAMPLE/20260131/eu-west-1/lambda/aws4_request, SignedHeaders=host;x-amz-date, "
     "Signature=a1454fe3fece2dfc694bee651934de1b8b47941c6c4b411dc3c9bef7b434553c\r\n"
     "Content-Length: 0\r\n"
     "\r\n"},
    {"a path that is all dots",
     "GET /a/../.. HTTP/1.1\r\n"
     "Host: lambda.eu-west-1.amazonaws.com\r\n"
     "X-Amz-Date: 20260131T120000Z\r\n"
     "Authorization: AWS4-HMAC-SHA256 "
     "Credential=AKIAIOSFODNN7EXAMPLE/20260131/eu-west-1/lambda/aws4_request, SignedHeaders=host;x-amz-date, "
     "Signature=bd94adca9154ff0af14f9289aba6c58c584ccd451340038addc10a6bd36ad66f\r\n"
     "Content-Length: 0\r\n"
     "\r\n"},
    {"a query out of order",
     "GET /2015-03-31/functions/?b=2&a=%20x&B=1&a=%C3%A9&empty=&MaxItems=50&a-b=1 HTTP/1.1\r\n"
     "Host: lambda.eu-west-1.amazonaws.com\r\n"
     "X-Amz-Date: 20260131T120000Z\r\n"
     "Authorization: AWS4-HMAC-SHA256 "
     "Credential=AKIAIOSFODNN7EXAMPLE/20260131/eu-west-1/lambda/aws4_request, SignedHeaders=host;x-amz-date, "
     "Signature=8176f9a6cf7a61aacbf3d6a40b1fe8101a8720e429c539333593dc1c02e6380c\r\n"
     "Content-Length: 0\r\n"
     "\r\n"},
    {"values with much white space",
     "POST / HTTP/1.1\r\n"
     "Host: sqs.eu-west-1.amazonaws.com\r\n"
     "Content-Type: application/x-amz-json-1.0\r\n"
     "X-Amz-Target: AmazonSQS.SendMessage\r\n"
     "X-Amz-Meta:   a   b  \t c \r\n"
     "X-Amz-Empty: \r\n"
     "X-Amz-Date: 20260131T120000Z\r\n"
     "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260131/eu-west-1/sqs/aws4_request, "
     "SignedHeaders=content-type;host;x-amz-date;x-amz-empty;x-amz-meta;x-amz-target, "
     "Signature=fd5fa17ccde542569e93ce9afc767ffe9963c3d66ebffa688d7a314fdfb36794\r\n"
     "Content-Length: 2\r\n"
     "\r\n"
     "{}"},
    {"a default port",
     "POST / HTTP/1.1\r\n"
     "Host: localhost\r\n"
     "Content-Type: application/x-amz-json-1.0\r\n"
     "X-Amz-Target: AmazonSQS.SendMessage\r\n"
     "X-Amz-Date: 20260131T120000Z\r\n"
     "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260131/eu-west-1/sqs/aws4_request, "
     "SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
     "Signature=6703b00f7db31c43a147ad91956a49baf600bc1ffdb4056f292f241133f25a8e\r\n"
     "Content-Length: 2\r\n"
     "\r\n"
     "{}"},
    {"another port",
     "POST /000000000000/q HTTP/1.1\r\n"
     "Host: localhost:4566\r\n"
     "Content-Type: application/x-amz-json-1.0\r\n"
     "X-Amz-Target: AmazonSQS.SendMessage\r\n"
     "X-Amz-Date: 20260131T120000Z\r\n"
     "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260131/eu-west-1/sqs/aws4_request, "
     "SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
     "Signature=6c1629e6da0620f022b5500c8e7a138324c623262cce974f23f9feba0b3bae36\r\n"
     "Content-Length: 2\r\n"
     "\r\n"
     "{}"},
    {"an object",
     "PUT /a%20b//c/..%C3%A9%2B.zip HTTP/1.1\r\n"
     "Host: packages.s3.eu-west-1.amazonaws.com\r\n"
     "X-Amz-Date: 20260131T120000Z\r\n"
     "X-Amz-Content-SHA256: fcab7fcc2b4cffd9bb45003bfc2e468a04ef6f77ca8200a7341f027631584d25\r\n"
     "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260131/eu-west-1/s3/aws4_request, "
     "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
     "Signature=cdc00ee204948d96eb01c743d89f4f120cb2e38122314cb9afbf170160979b09\r\n"
     "Content-Length: 2\r\n"
     "\r\n"
     "PK"},
    {"an unsigned payload",
     "PUT /a.zip HTTP/1.1\r\n"
     "Host: packages.s3.eu-west-1.amazonaws.com\r\n"
     "Content-MD5: 2Z9gpRZFnU1b6ndAnb6+7g==\r\n"
     "X-Amz-Date: 20260131T120000Z\r\n"
     "X-Amz-Content-SHA256: UNSIGNED-PAYLOAD\r\n"
     "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260131/eu-west-1/s3/aws4_request, "
     "SignedHeaders=content-md5;host;x-amz-content-sha256;x-amz-date, "
     "Signature=5636fe551a87896b1f0a105ddc3c692e24222331b17dc9788cd238bd173684e4\r\n"
     "Content-Length: 2\r\n"
     "\r\n"
     "PK"},
    {"a presigned object",
     "GET "
     "/a%20b/"
     "c.zip?response-content-type=text%2Fplain&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
     "AKIAIOSFODNN7EXAMPLE%2F20260131%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20260131T120000Z&X-Amz-"
     "Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Signature="
     "094290434f2c3ecaf58ced6177929f050283a25e4f0020a3a1db7d9edd0733d0 HTTP/1.1\r\n"
     "Host: packages.s3.eu-west-1.amazonaws.com\r\n"
     "Content-Length: 0\r\n"
     "\r\n"},
    {"a presigned call of a session",
     "GET "
     "/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
     "AKIAIOSFODNN7EXAMPLE%2F20260131%2Feu-west-1%2Fsts%2Faws4_request&X-Amz-Date=20260131T120000Z&X-Amz-"
     "Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Security-Token=tok%2Fen%2B%3D%3D&X-Amz-Signature="
     "91bc32d289def4987e16a782dc35c59f9369c89510c1a8667664d4cd97a5d3c8 HTTP/1.1\r\n"
     "Host: sts.eu-west-1.amazonaws.com\r\n"
     "Content-Length: 0\r\n"
     "\r\n"},
};
