"""Holds a decoder to the vectors of messages: python3 check_decoder.py path/to/vectors"""
import hashlib, json, pathlib, sys
from decoder import Refused, decode, encode  # what is to be checked

folder, wrong = pathlib.Path(sys.argv[1]), []
manifest = json.loads((folder / "manifest.json").read_text())
assert manifest["format"] == 1, "the files have a form that this program does not know"
for entry in manifest["files"]:
    content = (folder / entry["path"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == entry["sha256"], entry["path"] + " was changed"
    if entry["kind"] != "messages":
        continue
    file = json.loads(content)
    assert len(file["vectors"]) == entry["valid"] + entry["invalid"], entry["path"] + " is not whole"
    for vector in file["vectors"]:
        try:
            value = decode(file["place"], bytes.fromhex(vector["hex"]))
            seen = {"result": "valid", "value": value, "hex": encode(file["message"], value).hex()}
        except Refused as fault:
            seen = {"result": "invalid", "rule": fault.rule, "field": fault.field, "offset": fault.offset}
        if not seen.items() <= vector.items():
            wrong.append(f"{file['message']}, {vector['name']}: {seen}")
print(*wrong, f"{len(wrong)} vectors are not kept", sep="\n")
sys.exit(bool(wrong))
