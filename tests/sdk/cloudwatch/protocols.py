"""SDKs that speak one of the protocols of CloudWatch."""

import functools

import botocore.session


@functools.cache
def session(protocol):
    """An SDK that speaks this protocol; it reads the models once for all tests."""
    made = botocore.session.Session()
    if protocol:
        load = made.get_component("data_loader").load_service_model

        def load_with_protocol(*arguments, **more):
            model = load(*arguments, **more)
            if model.get("metadata", {}).get("endpointPrefix") == "monitoring":
                model = {**model, "metadata": {**model["metadata"], "protocol": protocol, "protocols": [protocol]}}
            return model

        made.get_component("data_loader").load_service_model = load_with_protocol
    return made
