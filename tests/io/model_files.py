# SPDX-License-Identifier: MIT
# Usage:  model_files.py PROGRAM FOLDER BACK   after PROGRAM write FOLDER
# Output: reads the model files of FOLDER with NumPy alone (and the package safetensors, where it
#         is), compares each bit with the text beside it, writes them again into BACK and lets
#         PROGRAM load them; exit status 77 where there is no NumPy
import json, os, pathlib, shutil, struct, subprocess, sys, zlib

try:
    import numpy
except ImportError:  # of the python3 that comes first
    if sys.executable != "/usr/bin/python3" and os.path.exists("/usr/bin/python3"):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
    print("skipped: this needs NumPy")
    sys.exit(77)
try:
    import safetensors.numpy as package
except ImportError:
    package = None
types = {"F32": "<f4", "F64": "<f8"}


def compact(header):
    return json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()


def read(path):
    file = path.read_bytes()
    end = 8 + struct.unpack("<Q", file[:8])[0]
    header, values = json.loads(file[8:end]), file[end:]
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, tensor in header.items():
        begin, stop = tensor["data_offsets"]
        array = numpy.frombuffer(values[begin:stop], types[tensor["dtype"]])
        tensors[name] = array.reshape(tensor["shape"])
    crc = int(metadata.pop("crc32"), 16)
    assert crc == zlib.crc32(values, zlib.crc32(compact({"__metadata__": metadata, **header}))), "checksum"
    return metadata, tensors


def write(path, metadata, tensors):
    header, values = {"__metadata__": metadata}, b""
    for name, array in tensors.items():
        begin, values = len(values), values + array.tobytes()
        dtype = "F" + str(8 * array.itemsize)
        header[name] = {"dtype": dtype, "shape": array.shape, "data_offsets": [begin, len(values)]}
    path.write_bytes(struct.pack("<Q", len(compact(header))) + compact(header) + values)


def same(tensors, lines):
    assert list(tensors) == [line.split()[0] for line in lines], "names"
    for (name, array), line in zip(tensors.items(), lines):
        kept = numpy.array([float.fromhex(word) for word in line.split()[1:]], array.dtype)
        assert array.tobytes() == kept.tobytes(), name


program, folder, back = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
shutil.rmtree(back, ignore_errors=True)
ways = {"by_hand": write}
if package:
    ways["by_package"] = lambda path, metadata, tensors: package.save_file(tensors, path, metadata)
files = sorted(folder.glob("*.safetensors"))
assert files, "no model files"
for way in ways:
    (back / way).mkdir(parents=True)
for path in files:
    metadata, tensors = read(path)
    text = path.with_suffix(".txt")
    *lines, _ = text.read_text().splitlines()
    same(tensors, lines)
    if package:
        same({name: package.load_file(path)[name] for name in tensors}, lines)
    del metadata["strata_version"]  # it did not write these
    for way, writer in ways.items():
        writer(back / way / path.name, metadata, tensors)
        shutil.copy(text, back / way)
print(len(files), "model files read, and written", *ways)
sys.exit(max(subprocess.call([program, "check", back / way]) for way in ways))
