"""A stand-in for a training job: counts steps, saves a checkpoint when it is given notice, and goes on from it."""

import json
import os
import signal
import sys
import time
import urllib.request

CHECKPOINT = os.path.join(os.environ.get("TMPDIR", "/tmp"), f"train-{os.environ.get('SPILLWAY_LEASE_ID', 'alone')}.json")


def load():
    try:
        with open(CHECKPOINT) as file:
            return json.load(file)["step"]
    except FileNotFoundError:
        return 0


def save(step):
    with open(CHECKPOINT + ".new", "w") as file:
        json.dump({"step": step}, file)
    os.replace(CHECKPOINT + ".new", CHECKPOINT)


def why():
    """What the metadata document says, in the shape that AWS uses for spot instances."""
    url = os.environ.get("SPILLWAY_METADATA_URL")
    if url is None:
        return "no metadata document"
    with urllib.request.urlopen(f"{url}/spot/instance-action", timeout=2) as answer:
        return answer.read().decode()


step = load()
slots = os.environ.get("CUDA_VISIBLE_DEVICES") or os.environ.get("SPILLWAY_SLOTS", "none")
print(f"training on slots {slots}, from step {step}", flush=True)


def noticed(_signal, _frame):
    print(f"notice: {why()}; saving at step {step}", flush=True)
    save(step)
    sys.exit(0)


signal.signal(signal.SIGTERM, noticed)
while step < 600:
    time.sleep(0.5)
    step += 1
    if step % 10 == 0:
        print(f"step {step}, loss {1 / (1 + step / 50):.4f}", flush=True)
        save(step)
