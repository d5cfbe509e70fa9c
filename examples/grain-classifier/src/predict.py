"""Names the grain of one kernel: predict.py LENGTH WIDTH GROOVE ASYMMETRY."""

import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from train import CLASSES, forward

MODEL = Path(__file__).resolve().parent.parent / "model" / "grain.safetensors"


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    kernel = np.array([[float(value) for value in sys.argv[1:]]])
    probabilities = forward(load_file(MODEL), kernel)[2][0]
    for name, probability in zip(CLASSES, probabilities):
        print(f"{name:8} {probability:.3f}")


if __name__ == "__main__":
    main()
