//! Files that tools have encrypted, known by how they begin: what they are, and how lkt is given what is in
//! them.

/// A tool that encrypts files.
pub(super) struct Tool {
    begins: &'static [u8],
    /// What encrypts, for messages.
    pub(super) name: &'static str,
    /// How to decrypt.
    pub(super) way: &'static str,
}

/// What age and Ansible write (age-encryption.org/v1, Ansible Vault 1.1), OpenPGP (RFC 9580, section 6.2), and
/// base64 of the key types of systemd-creds 252: of the host, and of host and TPM.
const TOOLS: [Tool; 7] = [
    Tool { begins: b"age-encryption.org/", name: "age", way: AGE },
    Tool { begins: b"-----BEGIN AGE ENCRYPTED FILE-----", name: "age", way: AGE },
    Tool {
        begins: b"$ANSIBLE_VAULT;",
        name: "Ansible Vault",
        way: "decrypt it first, such as with `ansible-vault view FILE`; - is standard input",
    },
    Tool {
        begins: b"-----BEGIN PGP MESSAGE-----",
        name: "OpenPGP",
        way: "decrypt it first, such as with `gpg --decrypt FILE`; - is standard input",
    },
    Tool {
        begins: b"\0GITCRYPT\0",
        name: "git-crypt",
        way: "run `git-crypt unlock` in the repository",
    },
    Tool { begins: b"Whxqht+dQJax1aZeCGLxm", name: "systemd-creds", way: SYSTEMD },
    Tool { begins: b"k6iUCUh0RJCQyvL8k8q1U", name: "systemd-creds", way: SYSTEMD },
];

const AGE: &str =
    "decrypt it first, such as with `age --decrypt --identity KEY FILE`; - is standard input";

const SYSTEMD: &str = "name it in the unit with LoadCredentialEncrypted=NAME:FILE, and give lkt \
    ${CREDENTIALS_DIRECTORY}/NAME";

/// The tool that has encrypted a file.
pub(super) fn tool(text: &[u8]) -> Option<&'static Tool> {
    TOOLS.iter().find(|tool| text.starts_with(tool.begins))
}
