# Homebrew: `brew install OWNER/tap/lkt` takes it from the folder Formula of a tap.
class Lkt < Formula
  desc "LiveKit tokens: mint them, inspect them, and serve LiveKit's token endpoint"
  homepage "{{homepage}}"
  version "{{version}}"
  license any_of: ["MIT", "Apache-2.0"]

  on_macos do
    on_arm do
      url "{{url}}/lkt-{{tag}}-aarch64-apple-darwin.tar.gz"
      sha256 "{{sha256 aarch64-apple-darwin}}"
    end
    on_intel do
      url "{{url}}/lkt-{{tag}}-x86_64-apple-darwin.tar.gz"
      sha256 "{{sha256 x86_64-apple-darwin}}"
    end
  end

  on_linux do
    on_arm do
      url "{{url}}/lkt-{{tag}}-aarch64-unknown-linux-musl.tar.gz"
      sha256 "{{sha256 aarch64-unknown-linux-musl}}"
    end
    on_intel do
      url "{{url}}/lkt-{{tag}}-x86_64-unknown-linux-musl.tar.gz"
      sha256 "{{sha256 x86_64-unknown-linux-musl}}"
    end
  end

  def install
    bin.install "lkt"
    man1.install "lkt.1"
    bash_completion.install "completions/lkt.bash" => "lkt"
    zsh_completion.install "completions/_lkt"
    fish_completion.install "completions/lkt.fish"
  end

  test do
    token = shell_output("#{bin}/lkt mint --dev --no-env-file").strip
    system bin/"lkt", "inspect", "--verify", "--dev", "--no-env-file", token
  end
end
