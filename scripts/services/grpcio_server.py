"""A gRPC registry on grpcio, for tests.

Reads what to answer from a JSON file anew at each call, so that a test changes
it by writing the file:

  {"versions": [{"tag": "v1.0.0", "created_at": 1705312800.5,
                 "artifacts": {"app_linux_amd64.tar.gz": "https://..."}}],
   "answer": {"id": "", "tag": "", "artifact_url": "", "created_at": null},
   "error": {"code": "NOT_FOUND", "details": "..."},
   "delay": 1.5}

All parts are optional; `error` beats `answer`, and that beats `versions`, of
which the newest that has an artifact for the asking host is chosen. Calls are
appended to FILE.calls, one JSON text a line.
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

SEMVER = re.compile(r"^v?(\d+)\.(\d+)\.(\d+)(?:\+[0-9A-Za-z.-]+)?$")


def choose(versions, request):
    found = []
    for version in versions:
        match = SEMVER.match(version["tag"])
        names = version["artifacts"]
        if request.HasField("arifact_name"):
            names = [name for name in names if name == request.arifact_name]
        else:
            names = [n for n in names if request.os in n and request.arch in n]
        names = [n for n in names if not n.endswith(".sha256")]
        if match and names:
            order = tuple(int(part) for part in match.groups())
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
            context.abort(code, error.get("details", ""))
        return state

    def Current(self, request, context):
        fields = {"arch": request.arch, "os": request.os}
        if request.HasField("arifact_name"):
            fields["artifact"] = request.arifact_name
        state = self._begin("Current", context, fields)
        answer = state.get("answer") or choose(state.get("versions", []), request)
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
        self._begin("Report", context, fields)
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
