"""Makes the Parquet files beside this script: one table, packed and written in different ways, and what is not read.

Needs: pyarrow 26. Run: python make.py .
"""
import pandas, pyarrow as pa, pyarrow.parquet as pq, datetime as dt, decimal, os, sys
d=sys.argv[1]
n=25
t=pa.table({
 "id": pa.array(range(n), pa.int64()),
 "label": pa.array(["cat","dog",None,"cat","modèle 模型"]*5),
 "score": pa.array([i/4 for i in range(n)], pa.float64()),
 "flag": pa.array([None if i%5==4 else i%2==0 for i in range(n)]),
 "day": pa.array([dt.date(2026,11,1)+dt.timedelta(days=i) for i in range(n)]),
 "at": pa.array([dt.datetime(2026,11,26,5,45,i,250000,tzinfo=dt.timezone.utc) for i in range(n)], pa.timestamp("us",tz="UTC")),
 "price": pa.array([decimal.Decimal(i*101-500).scaleb(-2) for i in range(n)], pa.decimal128(9,2)),
 "u": pa.array([2**32-1-i for i in range(n)], pa.uint32()),
 "blob": pa.array([bytes([i])*(i+1) for i in range(n)], pa.binary()),
 "tags": pa.array([None if i==1 else [] if i==2 else ["a","b",None][:i%4] for i in range(n)], pa.list_(pa.string())),
 "place": pa.array([None if i==3 else {"lat": float(i), "name": f"n{i}"} for i in range(n)], pa.struct([("lat",pa.float32()),("name",pa.string())])),
 "deep": pa.array([[[1,2],[3]]]*n, pa.list_(pa.list_(pa.int32()))),
})
def w(name, **k):
    pq.write_table(t, os.path.join(d,name+".parquet"), **k)
w("snappy", compression="snappy")
w("gzip-v2", compression="gzip", data_page_version="2.0", version="2.6")
w("plain", compression="none", use_dictionary=False)
w("lz4", compression="lz4")
w("pages", compression="none", use_dictionary=False, data_page_size=64, write_batch_size=4)
pq.write_table(t.select(["id","label"]), os.path.join(d,"zstd.parquet"), compression="zstd")
pq.write_table(t.select(["id","label"]).slice(0,3), os.path.join(d,"brotli.parquet"), compression="brotli")
pq.write_table(t.select(["id","score"]), os.path.join(d,"split.parquet"), compression="none", use_dictionary=False, column_encoding={"id":"DELTA_BINARY_PACKED","score":"BYTE_STREAM_SPLIT"})
pq.write_table(t.select(["id","at"]), os.path.join(d,"int96.parquet"), use_deprecated_int96_timestamps=True)
pq.write_table(t.select(["id"]).slice(0,0), os.path.join(d,"empty.parquet"))
hostile = "<img src=x onerror=alert(1)>\u202e"
pq.write_table(pa.table({hostile: [hostile, "plain"], "n": [1, None]}), os.path.join(d,"hostile.parquet"))
# A row of an embedding has many entries.
pq.write_table(pa.table({"v": pa.array([[float(i+k) for k in range(300)] for i in range(25)], pa.list_(pa.float32())), "n": list(range(25))}), os.path.join(d,"embedding.parquet"), compression="gzip")
# fastparquet 2026.9.0 writes empty lists without a type.
pandas.DataFrame({"a": [1, 2, None], "b": ["x", None, "z"], "c": pandas.Categorical(["u", "v", "u"])}).to_parquet(
    os.path.join(d, "fastparquet.parquet"), engine="fastparquet")
