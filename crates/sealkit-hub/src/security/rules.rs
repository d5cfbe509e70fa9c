//! What findings of each family of rules mean, and what to do about them.

/// Beginning of a rule's name; what its findings mean; what to do.
type Row = (&'static str, &'static str, &'static str);

const INSPECT: &str =
    "open the file with a reader that checks it, and ask whoever made it for one that is whole";
const SAFE_FORMAT: &str = "do not load it where it could do harm; ask for the weights as safetensors, or load them with `weights_only=True`";

/// The longer of two beginnings that fit counts.
const ROWS: &[Row] = &[
    (
        "pickle-",
        "A pickle is a program for a small machine. This one does what an ordinary writer does not, or hides what it does.",
        SAFE_FORMAT,
    ),
    (
        "pickle-truncated",
        "The pickle ends early: what it would do after that is not known.",
        INSPECT,
    ),
    (
        "pickle-unread",
        "The pickle was not read to its end: what it would do after that is not known.",
        SAFE_FORMAT,
    ),
    ("pickle-malformed", "Python itself refuses this pickle; another reader may not.", INSPECT),
    (
        "torch-tar",
        "An old PyTorch file, which loaders unpickle without a check of what it calls.",
        SAFE_FORMAT,
    ),
    (
        "keras-code",
        "A layer holds code, which runs when the model is loaded or used.",
        "load it with `safe_mode=True`, or ask for a model without such layers",
    ),
    (
        "npy-objects",
        "The array holds Python objects, which are unpickled when it is read.",
        "read it with `allow_pickle=False`, or ask for plain numbers",
    ),
    (
        "tar-path",
        "Members of the archive name places outside of its folder: a careless reader overwrites files with it.",
        "unpack it with a tool that refuses such names",
    ),
    (
        "tar-device",
        "Members of the archive are devices or pipes, which no model needs.",
        "do not unpack it as an administrator",
    ),
    (
        "tar-link",
        "Members of the archive are links; a careless reader follows them out of the folder.",
        "unpack it with a tool that does not follow them",
    ),
    ("tar-", "The archive could not be read as a whole.", INSPECT),
    (
        "not-inspected",
        "The file, or a part of it, was not read: what is in it is not known.",
        "ask for it in a form that can be read, and do not take silence for a yes",
    ),
    (
        "facts-limit",
        "The file, or the kit, says more than is kept: what else it says is not known.",
        "ask why it says so much; an ordinary model does not",
    ),
    (
        "chat-template-code",
        "The chat template reaches for Python itself or for other files, which no chat needs.",
        "render it in a sandbox only, and ask whoever made it why",
    ),
    (
        "yaml-python-tag",
        "Read as Python objects, the YAML calls or imports what it names.",
        "read it with `yaml.safe_load`",
    ),
    (
        "program-name",
        "It is a program under a name that says otherwise: loading or starting it runs it.",
        "do not load it; ask whoever made it what it is",
    ),
    (
        "not-unpacked",
        "What is compressed inside was not read: what is in it is not known.",
        "ask for the file without the compression",
    ),
    ("safetensors-", "The header does not fit the bytes: two readers may see two models.", INSPECT),
    ("gguf-", "The header does not fit the bytes: two readers may see two models.", INSPECT),
    ("tensor-", "A tensor does not have the shape or the size that is said of it.", INSPECT),
    (
        "onnx-",
        "The graph does not fit its data, or needs something that lies outside of the file.",
        INSPECT,
    ),
    (
        "onnx-python-operator",
        "An operator calls a function of Python when the model runs.",
        "run it only where you know which functions are there, or ask for a model of standard operators",
    ),
    (
        "tensorflow-file-operator",
        "An operator reads or writes files of whoever runs the model, where the model says.",
        "run it where it can reach no other file",
    ),
    ("parquet-", "The table's own description does not fit its bytes.", INSPECT),
    ("arrow-", "The table's own description does not fit its bytes.", INSPECT),
    (
        "hdf5-",
        "The file links to other places, or could not be read wholly.",
        "open it where it can reach no other file",
    ),
    (
        "hdf5-pickle",
        "It holds pickles, which PyTables and pandas run when they read them.",
        "read it with `h5py`, or ask for the data in a form without Python objects",
    ),
    (
        "table-formula",
        "Cells begin as formulas do: a spreadsheet would run them.",
        "do not open it in a spreadsheet; read it with a parser",
    ),
    (
        "table-",
        "Rows do not fit the table: readers may see different data.",
        "look at the named line",
    ),
    (
        "jsonl-",
        "Lines do not fit each other: readers may see different data.",
        "look at the named line",
    ),
    (
        "shards-missing",
        "Parts that the index names are not in the kit: the model is not whole.",
        "ask whoever packed it for the rest",
    ),
    (
        "lfs-pointer",
        "A pointer of Git LFS stands where the file should: its content was never fetched.",
        "run `git lfs pull` before packing",
    ),
    (
        "licence-",
        "Several licences are named for one thing.",
        "ask which one holds before using it",
    ),
    (
        "git-",
        "The commit that the files come from could not be read wholly.",
        "pack from a whole clone",
    ),
    ("malformed-", "The file is not what its name says, or is broken.", INSPECT),
    (
        "picture-",
        "The picture's header claims a size that few readers survive.",
        "open it with a limit of memory",
    ),
    (
        "python-",
        "The source does not parse: what it imports could not be listed.",
        "read it before running it",
    ),
    (
        "requirement-",
        "A line of the requirements could not be read: a dependency may be missing from the AIBOM.",
        "look at the named line",
    ),
    ("front-matter", "The card's metadata could not be read.", "look at the beginning of the card"),
];

/// What findings of `rule` mean and what to do about them.
pub(super) fn explained(rule: &str) -> (&'static str, &'static str) {
    let fits = ROWS.iter().filter(|(start, ..)| rule.starts_with(start));
    match fits.max_by_key(|(start, ..)| start.len()) {
        Some((_, meaning, advice)) => (meaning, advice),
        None => ("Something about the file is not as it should be.", INSPECT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_beginning_counts_and_everything_is_explained() {
        assert!(explained("pickle-truncated").0.contains("ends early"));
        assert!(explained("pickle-frame-crossed").0.contains("small machine"));
        assert!(!explained("nobody-knows").0.is_empty());
        for (start, meaning, advice) in ROWS {
            assert!(meaning.ends_with('.') && !advice.ends_with('.'), "{start}");
        }
    }
}
