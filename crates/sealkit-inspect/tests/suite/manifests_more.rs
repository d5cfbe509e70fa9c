//! Lists of packages of other tools, and those that only code has.

use crate::code::shown;
use crate::common::{format, look, rules};

#[test]
fn lists_of_requirements_are_known_by_more_names() {
    for path in ["requirements.lock", "reqs.txt", "dev-reqs.txt", "app/reqs_prod.txt"] {
        assert_eq!(shown(path, b"evil==1.0.0\n"), ["evil 1.0.0 R!"], "{path}");
    }
    assert_eq!(format("freqs.txt", b"evil==1.0.0\n"), "text");
}

#[test]
fn an_explicit_lock_of_conda_has_the_packages_of_its_addresses() {
    let md5 = "0".repeat(32);
    let text = format!(
        "# platform: linux-64\n@EXPLICIT\n\
         https://conda.anaconda.org/conda-forge/linux-64/numpy-1.26.0-py311h64a7726_0.conda#{md5}\n\
         https://example.org/noarch/evil-pkg-1.0.0-0.tar.bz2\n\
         # pip tool==2.0 --hash=sha256:00\n"
    );
    let found = shown("conda-linux-64.lock", text.as_bytes());
    let names: Vec<&str> =
        found.iter().map(|line| line.split(" <").next().unwrap_or_default()).collect();
    assert_eq!(names, ["numpy 1.26.0 R #1", "evil-pkg 1.0.0 R", "tool 2.0 R!"]);
    let (_, facts) = look("conda-linux-64.lock", b"@EXPLICIT\nnonsense\n");
    assert_eq!(rules(&facts), ["requirement-unread"]);
}

#[test]
fn the_python_environment_of_mlflow_is_a_list_of_requirements() {
    let text = "python: 3.10.12\nbuild_dependencies:\n- pip==23.1\ndependencies:\n\
                - -r requirements.txt\n- evil==1.0.0\n";
    assert_eq!(shown("python_env.yaml", text.as_bytes()), ["pip 23.1 B!", "evil 1.0.0 R!"]);
}

#[test]
fn a_dockerfile_runs_lists_of_words_too() {
    let text = "FROM scratch\nRUN [\"pip\", \"install\", \"evil==1.0.0\"]\n\
                RUN [\"sh\", \"-c\", \"pip install other==2 && true\"]\nRUN [ -f x ] && pip install third==3\n";
    assert_eq!(shown("Dockerfile", text.as_bytes()), ["evil 1.0.0 R!", "other 2 R!", "third 3 R!"]);
}

#[test]
fn what_setup_py_needs_is_read_and_never_run() {
    let text = "from setuptools import setup\nREQ = [\n  'evil==1.0.0',\n  'torch' '>=2',\n]\n\
                setup(name='x', install_requires=REQ, setup_requires=('wheel',),\n\
                extras_require={'dev': ['pytest'], 'all': [\"black\"]})\n";
    let found = shown("pkg/setup.py", text.as_bytes());
    let expected = ["evil 1.0.0 R!", "torch >=2 R!", "wheel - B!", "pytest - O!", "black - O!"];
    for wanted in expected {
        assert!(found.iter().any(|line| line == wanted), "{wanted}: {found:?}");
    }
    assert_eq!(shown("pkg/other.py", b"setup(install_requires=['evil'])"), Vec::<String>::new());
}

#[test]
fn what_only_running_setup_py_tells_is_said_to_be_unread() {
    for text in [
        "setup(install_requires=open('r.txt').read().split())",
        "setup(install_requires=['a'] + more)",
        "setup(install_requires=['a', f'b=={x}'])",
        "R = ['a']\nR = ['b']\nsetup(install_requires=R)",
        "setup(install_requires=['a'",
    ] {
        let (_, facts) = look("setup.py", text.as_bytes());
        assert!(rules(&facts).contains(&"requirement-unread"), "{text}");
    }
    let whole = "install_requires = ['a']\nsetup(install_requires=install_requires)";
    let (_, facts) = look("setup.py", whole.as_bytes());
    assert_eq!(rules(&facts), Vec::<&str>::new());
}
