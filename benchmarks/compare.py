#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same steps by others: PyTorch and scikit-learn's BernoulliRBM, where they are installed.

Usage:  compare.py [--threads N] [--seconds S] [--out FILE]
Output: JSON as Google Benchmark writes it, with names and shapes like those of our own rows.

Data are the digits of $STRATA_DATA/mnist or data/mnist, drawn with their grey levels as
probabilities, or random bits. A round is 20 whole steps: the minibatch, sampling, weight decay,
momentum (scikit-learn has neither of the last two). The median round counts; as in our own
benchmarks, one thread by its time on the CPU, more by the clock on the wall.
"""
import argparse
import gzip
import json
import os
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--seconds", type=float, default=2.0, help="for each row")
parser.add_argument("--out", help="a file; else standard output")
options = parser.parse_args()

# Read by the libraries when they are imported.
for name in ("OMP", "OPENBLAS", "MKL", "BLIS"):
    os.environ[name + "_NUM_THREADS"] = str(options.threads)
# PyTorch's idle threads would else take the cores from those of its BLAS: five times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
try:  # as in support/libraries.hpp: old OpenBLAS takes new CPUs for very old ones
    flags = open("/proc/cpuinfo").read()
    if "GenuineIntel" in flags:
        if "avx512vl" in flags:
            os.environ.setdefault("OPENBLAS_CORETYPE", "SkylakeX")
        elif "avx2" in flags:
            os.environ.setdefault("OPENBLAS_CORETYPE", "Haswell")
except OSError:
    pass


def missing(package, debian):
    print(f"compare.py: {package} is not installed: skipped (Debian: {debian})", file=sys.stderr)


try:
    import numpy as np
except ImportError:
    missing("NumPy", "python3-numpy")
    sys.exit(0)
try:
    import torch
except ImportError:
    torch = None
    missing("PyTorch", "python3-torch")
try:
    import sklearn
    from sklearn.neural_network import BernoulliRBM
except ImportError:
    sklearn = None
    missing("scikit-learn", "python3-sklearn")

STEPS = 20
COUNT = 10_000
RATE, MOMENTUM = 0.05, 0.5
now = time.thread_time if options.threads == 1 else time.perf_counter


def read_idx(path, offset):
    for name, opener in ((path, open), (path + ".gz", gzip.open)):
        if os.path.exists(name):
            with opener(name, "rb") as file:
                return np.frombuffer(file.read(), np.uint8, offset=offset)
    return None


def read_data():
    """Binary images, N × 784, and labels."""
    rng = np.random.default_rng(1)
    for folder in (os.environ.get("STRATA_DATA", "data"), "data"):
        path = os.path.join(folder, "mnist", "train-")
        images = read_idx(path + "images-idx3-ubyte", 16)
        labels = read_idx(path + "labels-idx1-ubyte", 8)
        if images is not None and labels is not None:
            grey = images.reshape(-1, 784)[:COUNT] / 255.0
            bits = rng.random(grey.shape) < grey
            return "digits", bits.astype(np.float32), labels[:COUNT].astype(np.int64)
    bits = rng.random((COUNT, 784)) < 0.13
    return "random bits", bits.astype(np.float32), rng.integers(0, 10, COUNT)


def samples_per_second(step, batch):
    """Of `step(columns)` on batches in random order."""
    rng = np.random.default_rng(2)
    rounds = []
    end = time.perf_counter() + options.seconds
    while len(rounds) < 4 or time.perf_counter() < end:
        begin = now()
        order = rng.permutation(COUNT)[: STEPS * batch]
        for i in range(STEPS):
            step(order[i * batch : (i + 1) * batch])
        rounds.append(STEPS * batch / (now() - begin))
    return float(np.median(rounds[1:]))  # the first warms up


def torch_contrastive_divergence(x):
    """CD-1 of 784-500 in matrices, with the gradient accumulated into the velocity in place."""
    x = torch.from_numpy(x)
    w, b, c = 0.01 * torch.randn(784, 500), torch.zeros(784), torch.zeros(500)
    v_w, v_b, v_c = torch.zeros_like(w), torch.zeros_like(b), torch.zeros_like(c)

    @torch.no_grad()
    def step(columns):
        v0 = x[torch.from_numpy(columns)]
        rate = RATE / len(v0)
        h0 = torch.addmm(c, v0, w).sigmoid_()
        v1 = torch.bernoulli(torch.addmm(b, torch.bernoulli(h0), w.t()).sigmoid_())
        h1 = torch.addmm(c, v1, w).sigmoid_()
        v_w.addmm_(v0.t(), h0, beta=MOMENTUM, alpha=rate).addmm_(v1.t(), h1, alpha=-rate)
        v_w.add_(w, alpha=-RATE * 2e-4)
        v_b.mul_(MOMENTUM).add_((v0 - v1).sum(0), alpha=rate)
        v_c.mul_(MOMENTUM).add_((h0 - h1).sum(0), alpha=rate)
        w.add_(v_w), b.add_(v_b), c.add_(v_c)

    return step


def torch_backpropagation(x, y):
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    sizes = (784, 500, 500, 2000, 10)
    layers = []
    for n, m in zip(sizes, sizes[1:]):
        layers += [torch.nn.Linear(n, m), torch.nn.Sigmoid()]
    net = torch.nn.Sequential(*layers[:-1])
    sgd = torch.optim.SGD(net.parameters(), lr=0.01, momentum=MOMENTUM, weight_decay=1e-5)
    loss = torch.nn.CrossEntropyLoss()

    def step(columns):
        batch = torch.from_numpy(columns)
        sgd.zero_grad()
        loss(net(x[batch]), y[batch]).backward()
        sgd.step()

    return step


def sklearn_persistent_contrastive_divergence(x, batch):
    rbm = BernoulliRBM(n_components=500, learning_rate=RATE, batch_size=batch, random_state=1)
    return lambda columns: rbm.partial_fit(x[columns])


def blas():
    """Who multiplies, as far as threadpoolctl, which comes with scikit-learn, sees it."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return ""
    found = [i for i in threadpool_info() if i["user_api"] == "blas"]
    return "".join(
        f", {i['internal_api']} {i['version']} {i.get('architecture', '')}".rstrip() for i in found
    )


def main():
    data, x, y = read_data()
    rows = []

    def add(name, label, batch, step):
        rate = samples_per_second(step, batch)
        rows.append(
            {
                "name": name,
                "run_type": "iteration",
                "real_time": 1e6 * batch / rate,
                "time_unit": "us",
                "samples_per_second": rate,
                "label": label,
            }
        )

    size = "visible:784/hidden:500/batch:{}/k:1/binary"
    if torch:
        torch.set_num_threads(options.threads)
        torch.manual_seed(1)
        who = f"PyTorch {torch.__version__}{blas()}"
        for batch in (10, 100):
            name = "torch/contrastive_divergence/" + size.format(batch)
            add(name, who, batch, torch_contrastive_divergence(x))
        add("torch/backpropagation/batch:100", who, 100, torch_backpropagation(x, y))
    if sklearn:
        who = f"scikit-learn {sklearn.__version__}{blas()}"
        for batch in (10, 100):
            name = "sklearn/persistent_contrastive_divergence/" + size.format(batch)
            add(name, who, batch, sklearn_persistent_contrastive_divergence(x, batch))

    context = {"threads": str(options.threads), "data": data}
    text = json.dumps({"context": context, "benchmarks": rows}, indent=1)
    if options.out:
        with open(options.out, "w") as file:
            file.write(text + "\n")
    else:
        print(text)


main()
