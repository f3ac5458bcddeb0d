"""An S3 server for tests: moto with every signature and policy checked.

Prints one line of JSON when it listens, and ends when its input does. Requests
under /_test/ are for the tests themselves: they make buckets, users and many
objects at once, without the cost of a signed request for each.
"""

import contextlib
import io
import json
import os
import sys
import threading

# Read when moto is imported: no request at all goes unchecked.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "0"

from moto import settings  # noqa: E402
from moto.iam.models import iam_backends  # noqa: E402
from moto.moto_server.werkzeug_app import (  # noqa: E402
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from moto.s3.models import s3_backends  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402

ACCOUNT = "123456789012"
LOCK = threading.Lock()


def s3():
    return s3_backends[ACCOUNT]["aws"]


def make_user(name, policy):
    iam = iam_backends[ACCOUNT]["aws"]
    iam.create_user("us-east-1", name)
    iam.put_user_policy(name, "test", json.dumps(policy))
    key = iam.create_access_key(name)
    return {
        "accessKeyId": key.access_key_id,
        "secretAccessKey": key.secret_access_key,
    }


def make_role(name, policy):
    iam = iam_backends[ACCOUNT]["aws"]
    role = iam.create_role(name, "{}", "/", None, "", [], 3600)
    iam.put_role_policy(name, "test", json.dumps(policy))
    return {"arn": role.arn}


def answer(path, body):
    if path == "/_test/bucket":
        s3().create_bucket(body["bucket"], body["region"])
        return {}
    if path == "/_test/user":
        return make_user(body["name"], body["policy"])
    if path == "/_test/role":
        return make_role(body["name"], body["policy"])
    for key, text in body["objects"]:
        s3().put_object(body["bucket"], key, text.encode())
    return {}


def is_unsigned_by_design(environ):
    """Who trades a token of another identity provider for keys has none yet."""
    if environ["REQUEST_METHOD"] != "POST" or environ["PATH_INFO"] != "/":
        return False
    if "HTTP_AUTHORIZATION" in environ:
        return False
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return b"Action=AssumeRoleWithWebIdentity" in body


@contextlib.contextmanager
def unchecked():
    settings.INITIAL_NO_AUTH_ACTION_COUNT = float("inf")
    try:
        yield
    finally:
        settings.INITIAL_NO_AUTH_ACTION_COUNT = 0


def serve(app):
    def handle(environ, start_response):
        path = environ["PATH_INFO"]
        # Real services decide conditional writes one after the other.
        with LOCK:
            if is_unsigned_by_design(environ):
                with unchecked():
                    return app(environ, start_response)
            if not path.startswith("/_test/"):
                return app(environ, start_response)
            length = int(environ.get("CONTENT_LENGTH") or 0)
            body = json.loads(environ["wsgi.input"].read(length))
            text = json.dumps(answer(path, body)).encode()
        start_response("200 OK", [("Content-Type", "application/json")])
        return [text]

    return handle


def main():
    app = serve(DomainDispatcherApplication(create_backend_app))
    handler = type("Quiet", (MotoRequestHandler,), {"log": lambda *_: None})
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=handler)
    everything = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    }
    ready = {"port": server.port, **make_user("admin", everything)}
    print(json.dumps(ready), flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
    os._exit(0)


main()
