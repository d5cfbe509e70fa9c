//! What names that pickles look up are known for.
//!
//! A reading aid: it sorts a list, and judges nothing. A name in neither list may do anything.

use sealkit_api::ImportClass;

/// Modules that run programs, evaluate code, open files or connections, or reach what does.
const RUNS: &[&str] = &[
    "__builtins__",
    "__globals__",
    "__subclasses__",
    "_aix_support",
    "_ctypes",
    "_interpreters",
    "_io",
    "_osx_support",
    "_pickle",
    "_posixsubprocess",
    "_pyrepl",
    "_socket",
    "_thread",
    "asyncio",
    "atexit",
    "bdb",
    "cProfile",
    "cffi",
    "cloudpickle",
    "code",
    "codeop",
    "commands",
    "concurrent",
    "ctypes",
    "dill",
    "distutils",
    "doctest",
    "ensurepip",
    "fileinput",
    "ftplib",
    "functools",
    "gc",
    "glob",
    "httplib",
    "http",
    "idlelib",
    "imaplib",
    "imp",
    "importlib",
    "inspect",
    "io",
    "itertools",
    "joblib",
    "lib2to3",
    "linecache",
    "logging",
    "mailcap",
    "marshal",
    "mmap",
    "multiprocessing",
    "nt",
    "ntpath",
    "operator",
    "_operator",
    "os",
    "pathlib",
    "paramiko",
    "pdb",
    "pexpect",
    "pickle",
    "pip",
    "pkgutil",
    "platform",
    "popen2",
    "poplib",
    "posix",
    "posixpath",
    "profile",
    "pty",
    "pydoc",
    "requests",
    "runpy",
    "setuptools",
    "sh",
    "shelve",
    "shutil",
    "signal",
    "site",
    "smtplib",
    "socket",
    "socketserver",
    "sqlite3",
    "ssl",
    "string",
    "subprocess",
    "sys",
    "tarfile",
    "telnetlib",
    "tempfile",
    "test",
    "threading",
    "timeit",
    "trace",
    "types",
    "unittest",
    "urllib",
    "urllib2",
    "venv",
    "webbrowser",
    "xmlrpc",
    "zipfile",
    "zipimport",
];

/// Of these, the ones that other modules import: a name reaches them through any module.
const REACHED: &[&str] = &[
    "__builtins__",
    "__globals__",
    "__subclasses__",
    "builtins",
    "ctypes",
    "importlib",
    "marshal",
    "nt",
    "os",
    "pickle",
    "posix",
    "pty",
    "runpy",
    "shutil",
    "socket",
    "subprocess",
    "sys",
];

/// Names that do so though their module does not stand above.
const RUNS_NAMES: &[&str] = &[
    "codecs.open",
    "numpy.f2py",
    "numpy.fromfile",
    "numpy.load",
    "numpy.loadtxt",
    "numpy.memmap",
    "numpy.savetxt",
    "numpy.testing",
    "pandas.eval",
    "pandas.io",
    "pandas.read_pickle",
    "torch._dynamo",
    "torch._inductor",
    "torch.fx",
    "torch.hub",
    "torch.jit",
    "torch.load",
    "torch.multiprocessing",
    "torch.ops",
    "torch.package",
    "torch.save",
    "torch.serialization",
    "torch.utils",
];

/// Names that build plain data or tensors.
const DATA: &[&str] = &[
    "_codecs.encode",
    "array._array_reconstructor",
    "array.array",
    "collections.Counter",
    "collections.OrderedDict",
    "collections.defaultdict",
    "collections.deque",
    "copyreg.__newobj__",
    "copyreg.__newobj_ex__",
    "copyreg._reconstructor",
    "datetime.date",
    "datetime.datetime",
    "datetime.time",
    "datetime.timedelta",
    "datetime.timezone",
    "decimal.Decimal",
    "fractions.Fraction",
    "uuid.UUID",
    "argparse.Namespace",
    "builtins.bool",
    "builtins.bytearray",
    "builtins.bytes",
    "builtins.complex",
    "builtins.dict",
    "builtins.float",
    "builtins.frozenset",
    "builtins.int",
    "builtins.list",
    "builtins.object",
    "builtins.range",
    "builtins.set",
    "builtins.slice",
    "builtins.str",
    "builtins.tuple",
    "numpy.core.multiarray._reconstruct",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray._reconstruct",
    "numpy._core.multiarray.scalar",
    "numpy._core.numeric._frombuffer",
    "numpy.core.numeric._frombuffer",
    "numpy.dtype",
    "numpy.ndarray",
    "torch.Size",
    "torch.Tensor",
    "torch.device",
    "torch.nn.parameter.Parameter",
    "torch.storage.UntypedStorage",
    "torch.serialization._get_layout",
    "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_tensor_v3",
    "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_parameter_with_state",
    "torch._utils._rebuild_qtensor",
    "torch._utils._rebuild_sparse_tensor",
    "torch.float16",
    "torch.float32",
    "torch.float64",
    "torch.bfloat16",
    "torch.int8",
    "torch.int16",
    "torch.int32",
    "torch.int64",
    "torch.uint8",
    "torch.bool",
];

/// What `path`, a `module.name`, is known for.
pub(crate) fn class(path: &str) -> ImportClass {
    if DATA.contains(&path) || is_storage(path) {
        return ImportClass::Data;
    }
    let (module, _) = path.rsplit_once('.').unwrap_or((path, ""));
    let is_builtin = matches!(module, "builtins" | "__builtin__");
    let is_below = |name: &&&str| {
        path.strip_prefix(**name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let mut parts = module.split('.');
    let root_runs = parts.next().is_some_and(|root| RUNS.contains(&root));
    let named = RUNS_NAMES.iter().any(|name| is_below(&name));
    if is_builtin || root_runs || named || parts.any(|part| REACHED.contains(&part)) {
        return ImportClass::RunsCode;
    }
    ImportClass::Unknown
}

/// `torch.FloatStorage` and its like.
fn is_storage(path: &str) -> bool {
    let name = path.strip_prefix("torch.").or_else(|| path.strip_prefix("torch.cuda."));
    name.and_then(|name| name.strip_suffix("Storage")).is_some_and(|kind| {
        !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_by_what_they_do() {
        for (path, expected) in [
            ("os.system", ImportClass::RunsCode),
            ("posix.system", ImportClass::RunsCode),
            ("builtins.eval", ImportClass::RunsCode),
            ("builtins.getattr", ImportClass::RunsCode),
            ("torch.serialization.os.system", ImportClass::RunsCode),
            ("torch.hub.load", ImportClass::RunsCode),
            ("pathlib.os.system", ImportClass::RunsCode),
            ("collections.OrderedDict", ImportClass::Data),
            ("torch._utils._rebuild_tensor_v2", ImportClass::Data),
            ("torch.FloatStorage", ImportClass::Data),
            ("torch.os.Storage", ImportClass::RunsCode),
            ("os", ImportClass::RunsCode),
            ("sklearn.linear_model.LogisticRegression", ImportClass::Unknown),
            ("mine.types.Config", ImportClass::Unknown),
            ("?.?", ImportClass::Unknown),
            ("?", ImportClass::Unknown),
            ("", ImportClass::Unknown),
            ("torchx.hub", ImportClass::Unknown),
        ] {
            assert_eq!(class(path), expected, "{path}");
        }
    }
}
