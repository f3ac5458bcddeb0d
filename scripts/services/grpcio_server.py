"""A gRPC registry on grpcio, for tests.

Reads what to answer from a JSON file anew at each call, so that a test changes
it by writing the file:

  {"versions": [{"tag": "v1.0.0", "created_at": 1705312800.5,
                 "artifacts": {"app_linux_amd64.tar.gz": "https://..."}}],
   "answer": {"id": "", "tag": "", "artifact_url": "", "created_at": null},
   "error": {"code": "NOT_FOUND", "details": "...",
             "metadata": {"grpc-retry-pushback-ms": "7000"}},
   "pre_release": true,
   "calver": true,
   "delay": 1.5}

All parts are optional; `error` beats `answer`, and that beats `versions`, of
which the newest that has an artifact for the asking host is chosen: by semver,
with pre-releases when `pre_release` says so, or by numbers of any count when
`calver` does. Where there are versions, reports on others are refused. Calls
are appended to FILE.calls, one JSON text a line.
"""

import argparse
import json
import os
import re
import sys
import time
from concurrent import futures

import grpc

parser = argparse.ArgumentParser()
parser.add_argument("--proto", required=True)
parser.add_argument("--state", required=True)
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--host", default="127.0.0.1")
parser.add_argument("--cert")
parser.add_argument("--key")
options = parser.parse_args()

folder, proto = os.path.split(options.proto)
sys.path.insert(0, folder)
messages, services = grpc.protos_and_services(proto)
from google.protobuf import empty_pb2, timestamp_pb2  # noqa: E402

SEMVER = re.compile(
    r"^v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$"
)
CALVER = re.compile(r"^\d+(?:\.\d+)+$")


def order_of(tag, state):
    """Returns what a tag is sorted by; None when it does not count."""
    if state.get("calver"):
        return [int(part) for part in tag.split(".")] if CALVER.match(tag) else None
    match = SEMVER.match(tag)
    if not match or (match[4] and not state.get("pre_release")):
        return None
    numbers = [int(part) for part in match.groups()[:3]]
    if not match[4]:
        return [*numbers, 1]
    # Numbers come before words, and fewer parts before more.
    parts = [
        (0, int(part), "") if part.isdigit() else (1, 0, part)
        for part in match[4].split(".")
    ]
    return [*numbers, 0, parts]


def choose(state, request):
    found = []
    for version in state.get("versions", []):
        order = order_of(version["tag"], state)
        names = version["artifacts"]
        if request.HasField("arifact_name"):
            names = [name for name in names if name == request.arifact_name]
        else:
            names = [n for n in names if request.os in n and request.arch in n]
        names = [n for n in names if not n.endswith(".sha256")]
        if order and names:
            found.append((order, version, names[0]))
    if not found:
        return None
    _, version, name = max(found, key=lambda entry: entry[0])
    return {
        "id": version["tag"] + "/" + name,
        "tag": version["tag"],
        "artifact_url": version["artifacts"][name],
        "created_at": version.get("created_at"),
    }


class Registry(services.RegistryServiceServicer):
    def _begin(self, name, context, fields):
        with open(options.state + ".calls", "a") as calls:
            calls.write(json.dumps({"call": name, **fields}) + "\n")
        with open(options.state) as file:
            state = json.load(file)
        time.sleep(state.get("delay", 0))
        error = state.get("error")
        if error:
            code = getattr(grpc.StatusCode, error["code"])
            metadata = error.get("metadata", {})
            context.set_trailing_metadata(tuple(metadata.items()))
            context.abort(code, error.get("details", ""))
        return state

    def Current(self, request, context):
        fields = {"arch": request.arch, "os": request.os}
        if request.HasField("arifact_name"):
            fields["artifact"] = request.arifact_name
        state = self._begin("Current", context, fields)
        answer = state.get("answer") or choose(state, request)
        if answer is None:
            context.abort(grpc.StatusCode.NOT_FOUND, "no version published")
        created = answer.get("created_at")
        response = messages.CurrentResponse(
            id=answer.get("id", ""),
            tag=answer.get("tag", ""),
            artifact_url=answer.get("artifact_url", ""),
        )
        if created is not None:
            seconds = int(created // 1)
            nanos = round((created - seconds) * 1e9)
            stamp = timestamp_pb2.Timestamp(seconds=seconds, nanos=nanos)
            response.created_at.CopyFrom(stamp)
        return response

    def Report(self, request, context):
        fields = {"id": request.id, "tag": request.tag, "command": request.command}
        if request.HasField("err"):
            fields["err"] = request.err
        state = self._begin("Report", context, fields)
        tags = [version["tag"] for version in state.get("versions", [])]
        if tags and request.tag not in tags:
            context.abort(grpc.StatusCode.NOT_FOUND, "no such version")
        return empty_pb2.Empty()


server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
services.add_RegistryServiceServicer_to_server(Registry(), server)
address = f"{options.host}:{options.port}"
if options.cert:
    with open(options.key, "rb") as key, open(options.cert, "rb") as cert:
        pair = (key.read(), cert.read())
    port = server.add_secure_port(address, grpc.ssl_server_credentials([pair]))
else:
    port = server.add_insecure_port(address)
server.start()
print(f"listening {port}", flush=True)
server.wait_for_termination()
