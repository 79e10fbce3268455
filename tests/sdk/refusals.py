"""What a call that must fail is answered with."""

import pytest
from botocore.exceptions import ClientError


def refusal(call, *arguments, **more):
    """The code and the sentence of the error."""
    with pytest.raises(ClientError) as caught:
        call(*arguments, **more)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]
