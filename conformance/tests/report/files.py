"""Reads the files of a signed report with programs and libraries of others.

    /usr/bin/python3 files.py PUBLIC_KEY REPORT

The statement's signature by `cryptography` over bytes that are put together here, its digests by `hashlib`, the packets
by `capinfos` and `tshark`, the lists of cases by the parsers of Python.
"""

import base64
import hashlib
import json
import pathlib
import subprocess
import sys
import xml.etree.ElementTree as xml

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization

PASSED, FAILED = 0, []


def holds(what, is_so, seen=""):
    global PASSED
    if is_so:
        PASSED += 1
    else:
        FAILED.append(f"{what}: {seen}")


def signed(key, kind, payload, signature):
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def statement(folder, key):
    envelope = json.loads((folder / "statement.dsse.json").read_text())
    kind, payload = envelope["payloadType"].encode(), base64.b64decode(envelope["payload"], validate=True)
    signature = base64.b64decode(envelope["signatures"][0]["sig"], validate=True)
    holds("the signature is right", signed(key, kind, payload, signature))
    holds("and not of another payload", not signed(key, kind, payload + b" ", signature))
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    holds("the key is named", envelope["signatures"][0]["keyid"] == hashlib.sha256(der).hexdigest(), envelope)
    stated = json.loads(payload)
    holds("it is an in-toto statement", stated["_type"] == "https://in-toto.io/Statement/v1", stated["_type"])
    holds("of ours", stated["predicateType"] == "urn:cardwire:attestation:conformance:1", stated["predicateType"])
    files = {path.name for path in folder.iterdir()} - {"statement.dsse.json"}
    holds("about every file", {one["name"] for one in stated["subject"]} == files, stated["subject"])
    for one in stated["subject"]:
        digest = hashlib.sha256((folder / one["name"]).read_bytes()).hexdigest()
        holds(f"{one['name']} has its digest", digest == one["digest"]["sha256"], digest)


def packets(folder, document):
    file = str(folder / "trace.pcapng")
    about = subprocess.run(["capinfos", "-M", file], capture_output=True, text=True, check=True).stdout
    holds("capinfos knows the link type", "USER 0" in about and "pcapng" in about, about)
    lines = [json.loads(line) for line in (folder / "trace.jsonl").read_text().splitlines()]
    frames = [line for line in lines if line["entry"]["direction"] != "note" and line["entry"].get("bytes")]
    # A packet may have several comments; they are told beside each other.
    split = "|"
    command = ["tshark", "-r", file, "-T", "json", "-x"]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    holds("every frame is a packet", len(told) == len(frames), [len(told), len(frames)])
    seen = [one["_source"]["layers"]["frame_raw"][0] for one in told]
    holds("with its bytes", seen == [one["entry"]["bytes"] for one in frames])
    fields = ["-T", "fields", "-E", f"aggregator={split}", "-e", "frame.packet_flags_direction", "-e", "frame.comment"]
    told = subprocess.run(["tshark", "-r", file, *fields], capture_output=True, text=True, check=True).stdout
    rows = [line.split("\t", 1) for line in told.split("\n") if "\t" in line]
    ways = {"sent": 2, "received": 1}
    directions = [int(row[0], 0) for row in rows]
    holds("and its direction", directions == [ways[one["entry"]["direction"]] for one in frames], directions[:20])
    named = all(f"{frame['case']}: " in row[1] for row, frame in zip(rows, frames))
    holds("and its case", len(rows) == len(frames) and named, rows[:3])
    for case in document["cases"]:
        for finding in case.get("findings", []):
            text = any(finding["requirement"] in row[1] and case["id"] in row[1] for row in rows)
            holds(f"what {case['id']} found is in a comment", text)


def junit(folder, document):
    suites = xml.parse(folder / "junit.xml").getroot()
    cases = {one.get("name") for one in suites.iter("testcase")}
    holds("JUnit has every case", cases >= {case["id"] for case in document["cases"]}, cases)
    failures = sum(1 for _ in suites.iter("failure"))
    failed = sum(case["verdict"] in ("fail", "flaky") for case in document["cases"])
    holds("and every failure", failures == failed, [failures, failed])


def main():
    key, folder = map(pathlib.Path, sys.argv[1:])
    document = json.loads((folder / "report.json").read_text())
    statement(folder, serialization.load_pem_public_key(key.read_bytes()))
    packets(folder, document)
    junit(folder, document)
    for one in FAILED:
        print(f"FAILED {one}")
    print(f"{PASSED} passed, {len(FAILED)} failed")
    sys.exit(bool(FAILED) or not PASSED)


main()
