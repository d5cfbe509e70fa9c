"""Makes the golden model files beside this script, and `expected.json`: what the libraries say.

Needs: numpy h5py onnx gguf safetensors xgboost-cpu lightgbm tflite flatbuffers keras.
"""
import json, os, struct
os.environ["KERAS_BACKEND"] = "numpy"
import flatbuffers, gguf, h5py, lightgbm, numpy as np, onnx, tflite, xgboost
from onnx import TensorProto as T, helper as h, numpy_helper as nh
from safetensors.numpy import save_file

expected = {}


def hdf5_tensors(path):
    found = []
    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            offset = item.id.get_offset()
            size = item.id.get_storage_size() if offset is not None else 0
            kind = str(item.dtype) if item.dtype.kind in "fiu" else "other"
            found.append([name, kind, list(item.shape), offset or 0, size])
    with h5py.File(path) as file:
        file.visititems(visit)
    expected[path] = sorted(found)


def keras_h5(path, **options):
    model = {"class_name": "Sequential", "config": {"name": "seq", "layers": [
        {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 4], "dtype": "float32", "name": "in"}},
        {"class_name": "Dense", "config": {"name": "d", "units": 3}},
        {"class_name": "Lambda", "config": {"name": "l", "function": ["4wEAAAA=", None, None]}}]}}
    training = {"loss": "mse", "metrics": ["mae"],
                "optimizer_config": {"class_name": "Adam", "config": {"learning_rate": 0.001, "name": "Adam"}}}
    with h5py.File(path, "w", **options) as file:
        file.attrs["keras_version"] = "2.15.0"
        file.attrs["backend"] = "tensorflow"
        file.attrs["model_config"] = json.dumps(model)
        file.attrs["training_config"] = json.dumps(training)
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = [b"d"]
        weights.create_dataset("d/d/kernel:0", data=np.arange(12, dtype="f4").reshape(4, 3))
        weights.create_dataset("d/d/bias:0", data=np.zeros(3, "f2"))
        file.create_dataset("optimizer_weights/iter:0", data=np.int64(7))
    hdf5_tensors(path)


def pytables_h5(path):
    """What PyTables and pandas write, put down with h5py: attributes that are pickles, and rows that are."""
    with h5py.File(path, "w") as file:
        file.attrs["PYTABLES_FORMAT_VERSION"] = np.bytes_("2.1")
        table = file.create_group("df")
        table.attrs["pandas_type"] = np.bytes_("frame_table")
        table.attrs["non_index_axes"] = np.bytes_(b"(lp0\n(I1\n(lp1\nVcol\np2\natp3\na.")
        if path == "pickled.h5":
            table.attrs["info"] = np.bytes_(b"cos\nsystem\n(Vid\ntR.")
            rows = file.create_dataset("df/rows", data=np.zeros(4, "u1"))
            rows.attrs["PSEUDOATOM"] = np.bytes_("object")


def compiled_h5(path):
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = "3.3.3"
        file.attrs["training_config"] = json.dumps({"loss": {"module": "os", "class_name": "function", "config": "system"}})


keras_h5("old.h5")
keras_h5("new.h5", libver="latest")
keras_h5("block.h5", userblock_size=512)
pytables_h5("pickled.h5")
pytables_h5("pandas.h5")
compiled_h5("compiled.h5")
with h5py.File("many.h5", "w") as file:
    file.attrs["keras_version"] = "3.0.0"
    for i in range(60):
        file.create_dataset(f"layers/t{i:02}", data=np.zeros(i % 3 + 1, "i2"))
hdf5_tensors("many.h5")
with h5py.File("odd.h5", "w") as file:
    file.create_dataset("chunk", data=np.ones((8, 8), "i4"), chunks=(4, 4), compression="gzip")
    file["ext"] = h5py.ExternalLink("../../etc/passwd", "/x")
    file["soft"] = h5py.SoftLink("/chunk")
    file.create_dataset("raw", (4,), "f4", external=[("/etc/hostname", 0, 16)])
    file["loop"] = file["/"]
    file.create_dataset("text", data=["a", "b"])
    file.create_dataset("pair", data=np.zeros(2, [("a", "i4"), ("b", "f4")]))
    layout = h5py.VirtualLayout((8, 8), "i4")
    layout[:] = h5py.VirtualSource("other.h5", "d", (8, 8))
    file.create_virtual_dataset("virtual", layout)
with h5py.File("dense.h5", "w", libver="latest") as file:
    for i in range(12):
        file.attrs[f"a{i}"] = "x"
        file.create_dataset(f"t{i:02}", data=np.zeros(2, "f4"))
hdf5_tensors("dense.h5")

# ONNX
big = T(name="big", data_type=T.FLOAT16, dims=[8], data_location=T.EXTERNAL)
for key, value in dict(location="../w.bin", offset="16", length="16", checksum="ab").items():
    entry = big.external_data.add()
    entry.key, entry.value = key, value
weights = [nh.from_array(np.ones((2, 3), "f4"), "w"), nh.from_array(np.ones(4, "i1"), "q"), big,
           h.make_tensor("typed", T.INT64, [3], [1, 2, 3])]
inner = h.make_graph([h.make_node("Relu", ["x"], ["y2"])], "then", [],
                     [h.make_tensor_value_info("y2", T.FLOAT, None)], [nh.from_array(np.ones(5, "f4"), "iw")])
graph = h.make_graph(
    [h.make_node("MatMul", ["x", "w"], ["t"]),
     h.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner),
     h.make_node("Magic", ["t"], ["z"], domain="acme.ops"), h.make_node("Mine", ["t"], ["z2"], domain="local")],
    "main", [h.make_tensor_value_info("x", T.FLOAT, ["batch", 2]), h.make_tensor_value_info("w", T.FLOAT, [2, 3]),
             h.make_tensor_sequence_value_info("s", T.INT64, ["n"])],
    [h.make_tensor_value_info("z", T.FLOAT, ["batch", 3])], weights, doc_string="about the graph")
function = h.make_function("local", "Mine", ["a"], ["b"], [h.make_node("Relu", ["a"], ["b"])], [h.make_opsetid("", 17)])
model = h.make_model(graph, producer_name="pt", producer_version="2", functions=[function], doc_string="a model",
                     domain="ai.x", model_version=3, ir_version=10,
                     opset_imports=[h.make_opsetid("", 17), h.make_opsetid("acme.ops", 1), h.make_opsetid("local", 1)])
h.set_model_props(model, {"license": "Apache-2.0", "author": "Ann", "stride": "32"})
raw = model.SerializeToString()
open("m.onnx", "wb").write(raw)
expected["m.onnx"] = sorted([t.name, T.DataType.Name(t.data_type), list(t.dims)]
                            for t in [*weights, *inner.initializer, *inner.initializer])

# GGUF in both byte orders
for endian, name in ((gguf.GGUFEndian.LITTLE, "le"), (gguf.GGUFEndian.BIG, "be")):
    w = gguf.GGUFWriter(f"{name}.gguf", "llama", endianess=endian)
    w.add_name("Tiny"); w.add_version("1.2"); w.add_author("Ann"); w.add_organization("Org"); w.add_description("d")
    w.add_quantized_by("Bob"); w.add_size_label("1B"); w.add_finetune("chat"); w.add_license("other")
    w.add_license_name("tiny-1"); w.add_license_link("https://e.example/l"); w.add_url("https://e.example")
    w.add_repo_url("https://e.example/o/r"); w.add_doi("10.1/x"); w.add_uuid("u")
    w.add_source_url("https://e.example/s"); w.add_tags(["a", "b"]); w.add_languages(["en"])
    w.add_base_model_count(2); w.add_base_model_name(0, "Base"); w.add_base_model_organization(0, "Meta")
    w.add_base_model_version(0, "v3"); w.add_base_model_repo_url(0, "https://hub.example/meta/base-7b")
    w.add_base_model_name(1, "Other Base"); w.add_dataset_count(1); w.add_dataset_name(0, "wiki")
    w.add_dataset_repo_url(0, "https://hub.example/datasets/o/wiki")
    w.add_context_length(2048); w.add_embedding_length(64); w.add_block_count(2); w.add_feed_forward_length([128, 128])
    w.add_head_count(4); w.add_head_count_kv([2, 1]); w.add_rope_freq_base(10000.0)
    w.add_quantization_version(2); w.add_file_type(15); w.add_tokenizer_model("llama")
    w.add_token_list(["a", "bc", "d"])
    w.add_chat_template([{"name": "default", "template": "{{ m }}"}, {"name": "tool_use", "template": "{{ t }}"}])
    w.add_tensor("w", np.ones((2, 32), "f4")); w.add_tensor("h", np.ones(3, "f2"))
    w.add_tensor("q", np.ones((2, 18), "u1"), raw_dtype=gguf.GGMLQuantizationType.Q4_0)
    w.write_header_to_file(); w.write_kv_data_to_file(); w.write_tensors_to_file(); w.close()
    reader = gguf.GGUFReader(f"{name}.gguf")
    expected[f"{name}.gguf"] = sorted([t.name, t.tensor_type.name, [int(n) for n in t.shape], int(t.data_offset),
                                       int(t.n_bytes)] for t in reader.tensors)

# XGBoost and LightGBM
x = np.random.RandomState(0).rand(40, 3)
y = (x[:, 0] > 0.5).astype(int)
data = xgboost.DMatrix(x, y, feature_names=["a", "b", "c"], feature_types=["float", "float", "int"])
booster = xgboost.train({"objective": "binary:logistic", "max_depth": 1}, data, 3)
booster.set_attr(note="hi")
booster.save_model("x.json"); booster.save_model("x.ubj")
xgboost.train({"objective": "reg:squarederror", "booster": "dart", "max_depth": 1}, xgboost.DMatrix(x, y), 2).save_model("dart.json")
lightgbm.train({"objective": "binary", "num_leaves": 2, "min_data_in_leaf": 1, "verbose": -1},
               lightgbm.Dataset(x, y, feature_name=["a", "b", "c"]), 3).save_model("lightgbm.txt")

# safetensors
save_file({"a": np.ones((2, 2), "f4"), "b": np.ones(3, "f2")}, "k.safetensors", metadata={"format": "pt"})
head = open("k.safetensors", "rb").read()
size = struct.unpack("<Q", head[:8])[0]
entries = json.loads(head[8:8 + size])
names = {"F32": "F32", "F16": "F16"}
expected["k.safetensors"] = sorted(
    [k, names[v["dtype"]], v["shape"], 8 + size + v["data_offsets"][0], v["data_offsets"][1] - v["data_offsets"][0]]
    for k, v in entries.items() if k != "__metadata__")

# TensorFlow Lite: two weights, one with a scale, a custom operator, and an input
b = flatbuffers.Builder(1024)


def table(start, end, **fields):
    start(b)
    for add, value in fields.values():
        add(b, value)
    return end(b)


def offsets(start, items):
    start(b, len(items))
    for item in reversed(items):
        b.PrependUOffsetTRelative(item)
    return b.EndVector()


def buffer(data):
    content = b.CreateByteVector(data) if data else None
    tflite.BufferStart(b)
    if content is not None:
        tflite.BufferAddData(b, content)
    return tflite.BufferEnd(b)


def tensor(name, kind, shape, number, scale=None, signature=None):
    name = b.CreateString(name)
    shape = b.CreateNumpyVector(np.array(shape, "i4"))
    signature = b.CreateNumpyVector(np.array(signature, "i4")) if signature else None
    quantised = None
    if scale:
        scales = b.CreateNumpyVector(np.array(scale, "f4"))
        tflite.QuantizationParametersStart(b)
        tflite.QuantizationParametersAddScale(b, scales)
        quantised = tflite.QuantizationParametersEnd(b)
    tflite.TensorStart(b)
    tflite.TensorAddShape(b, shape); tflite.TensorAddType(b, kind)
    tflite.TensorAddBuffer(b, number); tflite.TensorAddName(b, name)
    if quantised is not None:
        tflite.TensorAddQuantization(b, quantised)
    if signature is not None:
        tflite.TensorAddShapeSignature(b, signature)
    return tflite.TensorEnd(b)


def operator(index):
    tflite.OperatorStart(b)
    tflite.OperatorAddOpcodeIndex(b, index)
    return tflite.OperatorEnd(b)


def code(number, custom=None):
    name = b.CreateString(custom) if custom else None
    tflite.OperatorCodeStart(b)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(b, min(number, 127))
    tflite.OperatorCodeAddBuiltinCode(b, number)
    if name is not None:
        tflite.OperatorCodeAddCustomCode(b, name)
    return tflite.OperatorCodeEnd(b)


buffers = offsets(tflite.ModelStartBuffersVector, [buffer(b""), buffer(b"\1" * 24), buffer(b"\2" * 6), buffer(b"1.14.0\0")])
tensors = offsets(tflite.SubGraphStartTensorsVector, [
    tensor("x", tflite.TensorType.FLOAT32, [1, 2], 0, signature=[-1, 2]),
    tensor("w", tflite.TensorType.FLOAT32, [2, 3], 1),
    tensor("q", tflite.TensorType.INT8, [2, 3], 2, scale=[0.5]),
    tensor("y", tflite.TensorType.FLOAT32, [1, 3], 0)])
operators = offsets(tflite.SubGraphStartOperatorsVector, [operator(0), operator(1), operator(2), operator(0)])
ins, outs = b.CreateNumpyVector(np.array([0], "i4")), b.CreateNumpyVector(np.array([3], "i4"))
tflite.SubGraphStart(b)
tflite.SubGraphAddTensors(b, tensors); tflite.SubGraphAddInputs(b, ins); tflite.SubGraphAddOutputs(b, outs)
tflite.SubGraphAddOperators(b, operators)
graph = tflite.SubGraphEnd(b)
graphs = offsets(tflite.ModelStartSubgraphsVector, [graph])
codes = offsets(tflite.ModelStartOperatorCodesVector, [
    code(tflite.BuiltinOperator.FULLY_CONNECTED), code(tflite.BuiltinOperator.GELU), code(tflite.BuiltinOperator.CUSTOM, "FlexErf")])
name = b.CreateString("min_runtime_version")
tflite.MetadataStart(b); tflite.MetadataAddName(b, name); tflite.MetadataAddBuffer(b, 3)
metadata = offsets(tflite.ModelStartMetadataVector, [tflite.MetadataEnd(b)])
description = b.CreateString("made by hand")
tflite.ModelStart(b)
tflite.ModelAddVersion(b, 3); tflite.ModelAddOperatorCodes(b, codes); tflite.ModelAddSubgraphs(b, graphs)
tflite.ModelAddDescription(b, description); tflite.ModelAddBuffers(b, buffers); tflite.ModelAddMetadata(b, metadata)
b.Finish(tflite.ModelEnd(b), b"TFL3")
open("m.tflite", "wb").write(b.Output())

# Keras 3
import keras
model = keras.Sequential([keras.layers.Input((4,), name="in"), keras.layers.Dense(3, name="d"),
                          keras.layers.Dense(2, activation="relu")], name="small")
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse", metrics=["mae"])
model.save("m.keras")
model.save_weights("m.weights.h5")
hdf5_tensors("m.weights.h5")
expected["m.keras"] = [model.count_params(), keras.__version__]

# h5py 3.16 with HDF5 2.0: the fifth version of layouts
with h5py.File("latest.h5", "w", libver="latest") as file:
    file["d/kernel"] = np.ones((4, 3), np.float32)
    file.create_dataset("d/chunks", data=np.arange(6, dtype=np.int16).reshape(2, 3), chunks=(2, 3), compression="gzip")
    file["d/one"] = np.float64(1.5)
hdf5_tensors("latest.h5")

# safetensors 0.8.0: tensors without elements, which begin where others do
save_file({"z": np.zeros((0,), np.float64), "a": np.ones(3, np.float32), "zz": np.zeros((0, 7), np.float32),
           "b": np.ones(2, np.float64), "y": np.zeros((0,), np.int8)}, "zero.safetensors")
raw = open("zero.safetensors", "rb").read()
size = struct.unpack("<Q", raw[:8])[0]
expected["zero.safetensors"] = sorted(
    [name, e["dtype"], e["shape"], 8 + size + e["data_offsets"][0], e["data_offsets"][1] - e["data_offsets"][0]]
    for name, e in json.loads(raw[8:8 + size]).items())

json.dump(expected, open("expected.json", "w"), indent=0)
