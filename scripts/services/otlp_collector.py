"""A collector of OpenTelemetry on grpcio and the published protobuf files, for tests.

Listens for OTLP over gRPC and over HTTP on ports of 127.0.0.1 that it prints as
`listening GRPC HTTP`, and appends what it is sent to a file, one JSON text a
line: {"protocol": "grpc", "path": "...", "headers": {...}, "request": {...}}.
"""

import argparse
import gzip
import json
import ssl
import sys
import threading
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as messages
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2_grpc as services

parser = argparse.ArgumentParser()
parser.add_argument("--file", required=True)
parser.add_argument("--cert")
parser.add_argument("--key")
parser.add_argument("--client-ca", help="authority that certificates of clients come from")
parser.add_argument("--answer", default="ok", choices=["ok", "denied", "partial"])
options = parser.parse_args()
lock = threading.Lock()


def note(protocol, path, headers, request):
    entry = {
        "protocol": protocol,
        "path": path,
        "headers": headers,
        "request": MessageToDict(request),
    }
    with lock, open(options.file, "a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")


def answer():
    if options.answer != "partial":
        return messages.ExportMetricsServiceResponse()
    return messages.ExportMetricsServiceResponse(
        partial_success=messages.ExportMetricsPartialSuccess(
            rejected_data_points=3, error_message="too old"
        )
    )


class Collector(services.MetricsServiceServicer):
    def Export(self, request, context):
        metadata = {key: str(value) for key, value in context.invocation_metadata()}
        note("grpc", "", metadata, request)
        if options.answer == "denied":
            said = f"who is {metadata.get('authorization')}?"
            context.abort(grpc.StatusCode.UNAUTHENTICATED, said)
        return answer()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        request = messages.ExportMetricsServiceRequest.FromString(body)
        headers = {key.lower(): value for key, value in self.headers.items()}
        note("http", self.path, headers, request)
        if options.answer == "denied":
            said = f"who is {self.headers['authorization']}?"
            self.reply(401, "text/plain", said.encode())
        else:
            self.reply(200, "application/x-protobuf", answer().SerializeToString())

    def reply(self, status, kind, body):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


server = grpc.server(futures.ThreadPoolExecutor(4))
services.add_MetricsServiceServicer_to_server(Collector(), server)
web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
if options.cert:
    with open(options.key, "rb") as key, open(options.cert, "rb") as cert:
        pair = (key.read(), cert.read())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.cert, options.key)
    if options.client_ca:
        with open(options.client_ca, "rb") as authority:
            credentials = grpc.ssl_server_credentials([pair], authority.read(), True)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(options.client_ca)
    else:
        credentials = grpc.ssl_server_credentials([pair])
    port = server.add_secure_port("127.0.0.1:0", credentials)
    web.socket = context.wrap_socket(web.socket, server_side=True)
else:
    port = server.add_insecure_port("127.0.0.1:0")
server.start()
threading.Thread(target=web.serve_forever, daemon=True).start()
print(f"listening {port} {web.server_port}", flush=True)
sys.stdin.read()
