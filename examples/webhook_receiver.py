# Receives Spillway's webhooks with nothing but Python: checks the signature and the time, and handles each message once.
# WEBHOOK_SECRET=whsec_… HOST=0.0.0.0 PORT=8080 python3 examples/webhook_receiver.py
import base64
import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE_S = 5 * 60
KEY = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))
seen = set()  # keep it where it lasts, with the work that a message causes


def verify(headers, body):
    """What it says, or None when it is not from Spillway, changed, or too old."""
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE_S:
        return None
    signed = f"{message_id}.{timestamp}.".encode() + body
    wanted = "v1," + base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    given = headers.get("webhook-signature", "").split(" ")
    if not any(hmac.compare_digest(each.encode(), wanted.encode()) for each in given):
        return None
    return json.loads(body)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        message = verify(self.headers, body)
        if message is not None and self.headers["webhook-id"] not in seen:
            seen.add(self.headers["webhook-id"])
            data = message["data"]
            if message["type"] == "lease.notice_given":
                print(f"save your work: {data['leaseId']} stops at {data['stopAt']}", flush=True)
            else:
                print(message["type"], data.get("leaseId", ""), flush=True)
        self.send_response(400 if message is None else 204)
        self.end_headers()

    def log_message(self, *_):
        pass


address = (os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8080")))
server = ThreadingHTTPServer(address, Receiver)
print(f"listening on {server.server_address[1]}", flush=True)
server.serve_forever()
