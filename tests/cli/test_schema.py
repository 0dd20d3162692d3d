#!/usr/bin/env python3
"""The JSON Schema of mapping files: valid by itself, accepts what is shipped, and refuses what it
can see of what the checker refuses.

A case of tests/golden/invalid whose folder has a file `schema` is one that the schema refuses
too; without that file the mistake is one that only the checker sees (names that do not exist,
twice the same, what a variable stands for). BLESS=1 writes those files anew. The schema comes
from `cuewire help schema`."""
import json
import os
import pathlib
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
BINARY = TOP / os.environ.get("CUEWIRE_BUILD", "build/release") / "cuewire"

try:
    import jsonschema
except ImportError:
    print("1..0 # SKIP python3-jsonschema is missing")
    sys.exit(0)


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0

    def ok(self, good, name, why=""):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}")
        if not good:
            for line in str(why).splitlines():
                print(f"# {line}")

    def done(self):
        print(f"1..{self.count}")
        return 1 if self.failed else 0


def texts_of_defs(schema):
    """Every object and every key of the schema, with its description."""
    for name, section in schema["$defs"].items():
        if name in ("variable", "variables", "condition", "conditions"):
            continue
        yield name, section.get("description")
        for key, value in section["properties"].items():
            yield f"{name}.{key}", value.get("description")


def check_shipped(tap, validator):
    files = sorted((TOP / "mappings").glob("*.json"))
    files = [f for f in files if not f.name.endswith(".schema.json")]
    tap.ok(files, "there are shipped mappings")
    for f in files:
        errors = list(validator.iter_errors(json.loads(f.read_text())))
        tap.ok(not errors, f"{f.name} is accepted",
               "\n".join(f"{e.json_path}: {e.message[:200]}" for e in errors[:5]))


def load_case(folder):
    """The mapping of a case; None: it is no JSON, or JSON that Python reads more loosely."""
    def pairs(items):
        if len(dict(items)) != len(items):
            raise ValueError("a key twice")
        return dict(items)

    try:
        return json.loads((folder / "mapping.json").read_text(), object_pairs_hook=pairs)
    except ValueError:
        return None


def check_refused(tap, validator):
    for folder in sorted((TOP / "tests/golden/invalid").iterdir()):
        mapping = load_case(folder)
        if mapping is None:
            continue
        mark = folder / "schema"
        refused = not validator.is_valid(mapping)
        if os.environ.get("BLESS"):
            if refused:
                mark.write_text("refuses\n")
            else:
                mark.unlink(missing_ok=True)
        tap.ok(refused == mark.exists(), f"{folder.name} is {'refused' if mark.exists() else 'passed'}",
               "the schema " + ("refuses it" if refused else "accepts it"))


def main():
    tap = Tap()
    out = subprocess.run([BINARY, "help", "schema"], stdout=subprocess.PIPE, timeout=20, check=False)
    tap.ok(out.returncode == 0 and out.stdout, "the schema is printed", out)
    if tap.failed:
        return tap.done()
    schema = json.loads(out.stdout)
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
        tap.ok(True, "the schema is valid")
    except jsonschema.SchemaError as e:
        tap.ok(False, "the schema is valid", e)
        return tap.done()
    missing = [name for name, text in texts_of_defs(schema) if not text]
    tap.ok(not missing, "everything in it has a description", missing)
    validator = jsonschema.Draft202012Validator(schema)
    check_shipped(tap, validator)
    check_refused(tap, validator)
    return tap.done()


sys.exit(main())
