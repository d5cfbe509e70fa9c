//! Files of formats that no golden file has, written here: short, and with something on every line.

/// Files by their names.
pub(crate) const WRITTEN: &[(&str, &str)] = &[
    (
        "requirements.txt",
        "# first\n\ntorch==2.1.0 \\\n    --hash=sha256:0000000000000000000000000000000000000000000000000000000000000000\n\
         numpy>=1.2,<2 ; python_version > '3'  # why\n-r base.txt\ngit+https://example.com/o/peft.git@v0.10#egg=peft\n",
    ),
    (
        "pyproject.toml",
        "[project]\nname = \"one\"\nversion = \"1.0\"\ndescription = \"what it does\"\nlicense = \"MIT\"\n\
         authors = [{name = \"Ada\", email = \"ada@example.com\"}]\ndependencies = [\"alpha==1.2\", \"beta>=2\"]\n\
         [project.optional-dependencies]\nextra = [\"gamma==3.0\"]\n[project.urls]\nHomepage = \"https://example.com/home\"\n\
         [build-system]\nrequires = [\"delta==4.0\"]\n[dependency-groups]\ndev = [\"epsilon==5.0\"]\n",
    ),
    (
        "setup.cfg",
        "[metadata]\nname = two\nversion = 1.1\nauthor = Bo\nauthor_email = bo@example.com\n\n\
         [options]\ninstall_requires =\n    alpha==1.2\n    beta>=2\n\n[options.extras_require]\ndev =\n    gamma==3.0\n",
    ),
    (
        "Dockerfile",
        "# syntax=x\nFROM python:3.12-slim AS base\n\nRUN pip install \\\n    alpha==1.2 \\\n    beta==2.0\nFROM debian:12\nCOPY . .\n",
    ),
    (
        "compose.yaml",
        "services:\n  web:\n    image: nginx:1.27\n  db:\n    image: \"postgres:17\"\n",
    ),
    (
        "environment.yml",
        "name: three\nchannels: [conda-forge]\ndependencies:\n  - python=3.12\n  - numpy==2.1.0\n  - pip:\n    - alpha==1.2\n",
    ),
    (
        "package.json",
        "{\"name\":\"four\",\"version\":\"1.0.0\",\"license\":\"MIT\",\"author\":\"Cy <cy@example.com>\",\n\
         \"dependencies\":{\"@s/a\":\"1.2.3\",\"b\":\"^2\"},\"devDependencies\":{\"c\":\"npm:real@3.0.0\"},\n\
         \"homepage\":\"https://example.com/four\"}",
    ),
    (
        "Cargo.toml",
        "[package]\nname = \"five\"\nversion = \"0.1.0\"\nauthors = [\"Di <di@example.com>\"]\nlicense = \"MIT\"\n\n\
         [dependencies]\nalpha = \"=1.2.3\"\nbeta = { version = \"2\", optional = true }\nnick = { package = \"gamma\", version = \"3\" }\n\n\
         [target.'cfg(unix)'.dependencies]\ndelta = \"4\"\n",
    ),
    (
        "go.mod",
        "module example.com/six\n\ngo 1.26\n\nrequire (\n\texample.com/a v1.0.0\n\texample.com/b v1.1.0 // indirect\n)\n\n\
         replace example.com/a => example.com/c v2.0.0\n",
    ),
    (
        "go.sum",
        "example.com/a v1.0.0 h1:abc=\nexample.com/a v1.0.0/go.mod h1:def=\nexample.com/b v1.1.0 h1:ghi=\n",
    ),
    (
        "train.py",
        "# SPDX-License-Identifier: MIT\nimport torch\n\nfrom transformers import AutoModel\n\n\
         model = AutoModel.from_pretrained(\"lab/base\", revision=\"v1\")\n\
         data = load_dataset('lab/data')\n",
    ),
    (
        "notebook.ipynb",
        "{\"cells\":[{\"cell_type\":\"markdown\",\"source\":[\"# T\"]},{\"cell_type\":\"code\",\"source\":[\"import numpy\\n\",\n\
         \"from transformers import AutoModel\\n\",\"AutoModel.from_pretrained('lab/base')\\n\"]}],\n\
         \"metadata\":{\"kernelspec\":{\"name\":\"python3\"}},\"nbformat\":4,\"nbformat_minor\":5}",
    ),
    (
        "datapackage.json",
        "{\"name\":\"seven\",\"title\":\"Seven\",\"version\":\"2.0\",\"licenses\":[{\"name\":\"CC-BY-4.0\"}],\n\
         \"contributors\":[{\"title\":\"Ed\",\"role\":\"author\"}],\"sources\":[{\"title\":\"Old\",\"path\":\"https://example.com/old\"}],\n\
         \"resources\":[{\"name\":\"r\",\"path\":\"data/r.csv\",\"bytes\":12,\"schema\":{\"fields\":[{\"name\":\"f\",\"type\":\"date\"}]}}]}",
    ),
    (
        "dataset_infos.json",
        "{\"default\":{\"description\":\"Eight.\",\"citation\":\"@misc{eight}\",\"license\":\"mit\",\"features\":{\"x\":{\"dtype\":\"string\",\"_type\":\"Value\"}},\n\
         \"splits\":{\"train\":{\"name\":\"train\",\"num_bytes\":5,\"num_examples\":7}},\"download_checksums\":{\"https://example.com/a~b/c.zip\":{\"num_bytes\":9,\"checksum\":null}}}}",
    ),
    (
        "datacite.yml",
        "title: Nine\nauthors:\n- {firstname: Ada, lastname: Lovelace}\nlicense: {name: MIT, url: https://example.com/mit}\nkeywords: [grain, wheat]\n",
    ),
    (
        "conda-lock.yml",
        "version: 1\npackage:\n- name: alpha\n  version: '1.2'\n  manager: conda\n  platform: linux-64\n  \
         dependencies: {beta: '>=2'}\n  url: https://example.com/alpha-1.2-0.conda\n  hash: {md5: \
         d41d8cd98f00b204e9800998ecf8427e}\n  category: main\n- name: beta\n  version: '2.0'\n  manager: pip\n  category: dev\n",
    ),
    (
        "pixi.lock",
        "version: 6\nenvironments: {}\npackages:\n- conda: https://example.com/linux-64/alpha-1.2-h0.conda\n  \
         depends:\n  - beta >=2\n- pypi: https://example.com/beta-2.0-py3-none-any.whl\n  name: beta\n  version: '2.0'\n",
    ),
    (
        "Pipfile",
        "[packages]\nalpha = \"==1.2\"\nbeta = \"*\"\n\n[dev-packages]\ngamma = {version = \">=3\"}\n",
    ),
    (
        "model.safetensors.index.json",
        "{\"metadata\":{\"total_size\":24},\"weight_map\":{\"a\":\"model-00001-of-00002.safetensors\",\n\
         \"b\":\"model-00002-of-00002.safetensors\"}}",
    ),
    (
        "croissant.json",
        "{\"@context\":{\"cr\":\"http://mlcommons.org/croissant/\"},\"@type\":\"sc:Dataset\",\"name\":\"ten\",\n\
         \"conformsTo\":\"http://mlcommons.org/croissant/1.0\",\"description\":\"What it is.\",\"license\":\"https://example.com/cc0\",\n\
         \"creator\":{\"@type\":\"Person\",\"name\":\"Fay\"},\"keywords\":[\"x\",\"y\"],\"rai:dataBiases\":[\"one\",\"two\"],\n\
         \"distribution\":[{\"@type\":\"cr:FileObject\",\"@id\":\"f\",\"contentUrl\":\"data/f.csv\",\"sha256\":\"main\"}],\n\
         \"recordSet\":[{\"@id\":\"r\",\"field\":[{\"@id\":\"r/a\",\"name\":\"r/a\",\"dataType\":\"sc:Text\"}]}]}",
    ),
    (
        "datacite.json",
        "{\"schemaVersion\":\"http://datacite.org/schema/kernel-4\",\"titles\":[{\"title\":\"Eleven\"}],\n\
         \"creators\":[{\"name\":\"Lab\",\"nameType\":\"Organizational\"}],\"version\":\"3.1\",\"subjects\":[{\"subject\":\"rye\"}],\n\
         \"rightsList\":[{\"rightsIdentifier\":\"mit\"}],\"dates\":[{\"dateType\":\"Issued\",\"date\":\"2026-01-02\"}],\n\
         \"relatedIdentifiers\":[{\"relationType\":\"IsDerivedFrom\",\"relatedIdentifierType\":\"DOI\",\"relatedIdentifier\":\"10.1/old\"}]}",
    ),
    (
        "openvino.xml",
        "<?xml version=\"1.0\"?>\n<net name=\"twelve\" version=\"11\">\n  <layers>\n    <layer id=\"0\" name=\"x\" type=\"Parameter\"/>\n    \
         <layer id=\"1\" name=\"y\" type=\"Result\"/>\n  </layers>\n</net>\n",
    ),
    (
        "LICENSE",
        "MIT License\n\nCopyright (c) 2026 Somebody\n\nPermission is hereby granted, free of charge.\n",
    ),
    (
        "prompts/ask.md",
        "---\nname: ask\ndescription: Asks for more\nlicense: MIT\n---\n\nAsk for more.\n",
    ),
    ("rows.jsonl", "{\"a\":1,\"b\":\"x\"}\n{\"a\":2}\n\n{\"b\":null}\n"),
    ("rows.csv", "a,b\n1,x\n2,\n\n3,\"y, z\"\n"),
    ("rows.tsv", "a\tb\n1\tx\n2\ty\n3\tz\n"),
    (
        "data/README.md",
        "---\npretty_name: Thirteen\nlicense: cc-by-4.0\nlanguage:\n- en\n- nl\n---\n\n# Thirteen\n\n## Dataset Description\n\n\
         It is small.\n\n## Considerations for Using the Data\n\n### Discussion of Biases\n\nMostly wheat.\n\n### Other Known Limitations\n\n\
         Few rows.\n\n## Citation\n\n```bibtex\n@misc{thirteen}\n```\n",
    ),
    (
        "model/README.md",
        "---\nlibrary_name: transformers\nbase_model: lab/base\ntags: [x, y]\n---\n\n# Fourteen\n\n## Intended uses\n\nFor search.\n\n\
         ## Training data\n\nWe used [lab/data](https://huggingface.co/datasets/lab/data).\n\n## Environmental impact\n\n- **Carbon Emitted:** 12 kg\n",
    ),
    ("shell.sh", "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\necho hello\n"),
];
