"""Trains the grain classifier and writes its weights.

Plain gradient descent over all rows at once, from a fixed seed, so that a second run gives the same
weights.
"""

import csv
import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

ROOT = Path(__file__).resolve().parent.parent
CLASSES = ["barley", "rye", "wheat"]
HIDDEN = 8
EPOCHS = 400
RATE = 0.3
SEED = 2026


def read(name):
    """Measurements and class numbers of one CSV file."""
    with open(ROOT / "data" / name, newline="") as file:
        rows = list(csv.reader(file))[1:]
    features = np.array([[float(value) for value in row[:4]] for row in rows])
    classes = np.array([CLASSES.index(row[4]) for row in rows])
    return features, classes


def uniform(seed, count):
    """Numbers in 0..1 by SplitMix64: the same in every language."""
    mask = (1 << 64) - 1
    numbers = []
    for _ in range(count):
        seed = (seed + 0x9E3779B97F4A7C15) & mask
        z = seed
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        z ^= z >> 31
        numbers.append((z >> 11) / (1 << 53))
    return np.array(numbers)


def forward(weights, features):
    """Inputs, hidden values and class probabilities."""
    inputs = (features - weights["input.mean"]) / weights["input.scale"]
    hidden = np.maximum(inputs @ weights["hidden.weight"].T + weights["hidden.bias"], 0)
    scores = hidden @ weights["output.weight"].T + weights["output.bias"]
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return inputs, hidden, raised / raised.sum(axis=1, keepdims=True)


def train(features, classes):
    """The weights after all epochs."""
    start = uniform(SEED, HIDDEN * 4 + 3 * HIDDEN) - 0.5
    weights = {
        "input.mean": features.mean(axis=0),
        "input.scale": features.std(axis=0),
        "hidden.weight": start[: HIDDEN * 4].reshape(HIDDEN, 4),
        "hidden.bias": np.zeros(HIDDEN),
        "output.weight": start[HIDDEN * 4 :].reshape(3, HIDDEN),
        "output.bias": np.zeros(3),
    }
    wanted = np.eye(3)[classes]
    rate = RATE / len(features)
    for _ in range(EPOCHS):
        inputs, hidden, probabilities = forward(weights, features)
        error = probabilities - wanted
        hidden_error = (error @ weights["output.weight"]) * (hidden > 0)
        weights["output.weight"] = weights["output.weight"] - rate * error.T @ hidden
        weights["output.bias"] = weights["output.bias"] - rate * error.sum(axis=0)
        weights["hidden.weight"] = weights["hidden.weight"] - rate * hidden_error.T @ inputs
        weights["hidden.bias"] = weights["hidden.bias"] - rate * hidden_error.sum(axis=0)
    return weights


def accuracy(weights, features, classes):
    """The share of rows whose class is found."""
    return float((forward(weights, features)[2].argmax(axis=1) == classes).mean())


def main():
    features, classes = read("train.csv")
    test_features, test_classes = read("test.csv")
    weights = train(features, classes)
    metrics = {
        "train_accuracy": round(accuracy(weights, features, classes), 4),
        "test_accuracy": round(accuracy(weights, test_features, test_classes), 4),
        "train_rows": len(features),
        "test_rows": len(test_features),
    }
    stored = {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in weights.items()}
    save_file(stored, ROOT / "model" / "grain.safetensors", metadata={"format": "np"})
    (ROOT / "model" / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    print(json.dumps(metrics))


if __name__ == "__main__":
    main()
