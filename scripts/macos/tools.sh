# Sourced by scripts/check-macos: the compilers that build for macOS on Debian 12, installed when missing.
# shellcheck shell=bash
# $root is the repository.

# Version of Zig: its C compiler has the headers of macOS's C library, and the list of libSystem's symbols.
ZIG_VERSION=0.17.0

# The oldest macOS that Tawk runs on, from Tauri's configuration.
minimum_macos() {
    sed -n 's/.*"minimumSystemVersion": *"\([0-9.]*\)".*/\1/p' "$root/src-tauri/tauri.conf.json"
}

# Installs packages of Debian unless all the files that follow “--” are there: need PACKAGE... -- FILE...
need() {
    local packages=()
    while [[ $1 != -- ]]; do
        packages+=("$1")
        shift
    done
    shift
    for file; do
        if [[ ! -e $file ]]; then
            # shellcheck source=../lib/debian-packages.sh
            . "$root/scripts/lib/debian-packages.sh"
            install_debian_packages "${packages[@]}"
            return
        fi
    done
}

# Debian's compiler, because std is built from source here and its sources must fit the compiler exactly.
need_debian_rust() {
    need rustc-web cargo-web rust-web-clippy rust-web-src -- /usr/bin/rustc /usr/bin/cargo /usr/bin/cargo-clippy \
        /usr/bin/clippy-driver /usr/lib/rustlib/src/rust/library/std/Cargo.toml
}

# Takes Debian's compiler: nothing of rustup's, and no flags that were meant for the programs of this machine.
debian_rust() {
    unset RUSTUP_TOOLCHAIN RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET CARGO_TARGET_DIR RUSTC_WRAPPER
    export PATH=/usr/bin:/bin CARGO=/usr/bin/cargo RUSTC=/usr/bin/rustc
    # Building std is not a stable feature yet.
    export RUSTC_BOOTSTRAP=1
    export WHISPER_DONT_GENERATE_BINDINGS=1
}

# The newest of Debian's LLVM that has a linker for macOS.
llvm_version() {
    local newest
    newest=$(find /usr/bin -name 'ld64.lld-*' | sed 's/.*-//' | sort -n | tail -n 1)
    echo "${newest:-22}"
}

need_native_compiler() {
    local version
    version=$(llvm_version)
    need "lld-$version" "llvm-$version" cmake ninja-build python3 python3-venv -- "/usr/bin/ld64.lld-$version" \
        "/usr/bin/llvm-objcopy-$version" /usr/bin/cmake /usr/bin/ninja /usr/bin/python3
    local zig=$root/target/tools/zig-$ZIG_VERSION
    if ! ls "$zig"/lib/python3*/site-packages/ziglang/zig > /dev/null 2>&1; then
        echo "Fetching Zig $ZIG_VERSION"
        rm -rf "$zig"
        /usr/bin/python3 -m venv "$zig"
        "$zig/bin/pip" install --quiet --disable-pip-version-check "ziglang==$ZIG_VERSION"
    fi
}

# Sets up the compiler, the linker and the stubs for one architecture: native_compiler ARCH TRIPLE
native_compiler() {
    local arch=$1 triple=$2 version bin sdk zig underscored upper
    version=$(llvm_version)
    bin=$root/target/macos-link/bin-$arch
    sdk=$root/target/macos-link/sdk-$arch
    zig=$(echo "$root/target/tools/zig-$ZIG_VERSION"/lib/python3*/site-packages/ziglang)
    underscored=${triple//-/_}
    upper=${underscored^^}

    mkdir -p "$bin/path"
    printf '#!/bin/sh\nexec "%s" cc "$@"\n' "$root/scripts/macos/compiler" > "$bin/cc"
    printf '#!/bin/sh\nexec "%s" c++ "$@"\n' "$root/scripts/macos/compiler" > "$bin/c++"
    # After rustc's arguments: the stubs in the place of Apple's SDK.
    printf '#!/bin/sh\nexec ld64.lld-%s "$@" --error-limit=0 -syslibroot "%s"\n' "$version" "$sdk" > "$bin/ld"
    chmod +x "$bin/cc" "$bin/c++" "$bin/ld"
    ln -sf "/usr/bin/llvm-ar-$version" "$bin/ar"
    ln -sf "/usr/bin/llvm-ranlib-$version" "$bin/ranlib"
    # rustc strips symbols with the tool of this name, which it looks for on PATH; the cc above must not be found there.
    ln -sf "/usr/bin/llvm-objcopy-$version" "$bin/path/rust-objcopy"

    MACOSX_DEPLOYMENT_TARGET=$(minimum_macos)
    export MACOSX_DEPLOYMENT_TARGET
    export PATH=$bin/path:$PATH
    export TAWK_ZIG=$zig/zig TAWK_ZIG_TARGET=${triple%%-*}-macos.$MACOSX_DEPLOYMENT_TARGET-none
    export TAWK_MACOS_BIN=$bin TAWK_MACOS_ARCH=$arch
    export ZIG_GLOBAL_CACHE_DIR=$root/target/macos-link/zig-cache ZIG_LOCAL_CACHE_DIR=$root/target/macos-link/zig-cache
    export "CC_$underscored=$bin/cc" "CXX_$underscored=$bin/c++" "AR_$underscored=$bin/ar" "RANLIB_$underscored=$bin/ranlib"
    export "CMAKE_TOOLCHAIN_FILE_$underscored=$root/scripts/macos/toolchain.cmake" CMAKE_GENERATOR=Ninja
    # Accelerate and Metal need Apple's headers: what is linked here computes on the CPU alone.
    export GGML_BLAS=OFF GGML_ACCELERATE=OFF GGML_NATIVE=OFF
    export TAURI_ENV_TARGET_TRIPLE=$triple
    export "CARGO_TARGET_${upper}_LINKER=$bin/ld" "CARGO_TARGET_${upper}_RUSTFLAGS=-Clinker-flavor=ld64.lld"

    PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$root/scripts/macos/stubs.py" /usr/bin/cargo "$triple" \
        "$zig/lib/libc/darwin/libSystem.tbd" "$sdk"
    # Cargo does not know that the programs depend on the stubs: when those changed, it must link anew.
    local sum=$root/target/macos-link/sdk-$arch.sum now
    now=$(find "$sdk" -type f -print0 | sort -z | xargs -0 cat | sha256sum)
    if [[ $now != "$(cat "$sum" 2> /dev/null)" ]]; then
        rm -f "$root/target/macos-link/$triple"/*/deps/{tawk,tawk_app}-*
        echo "$now" > "$sum"
    fi
}

# Version of rcodesign, which signs for macOS without a Mac.
RCODESIGN_VERSION=0.29.0
RCODESIGN=$root/target/tools/rcodesign-$RCODESIGN_VERSION/bin/rcodesign

need_rcodesign() {
    [[ -x $RCODESIGN ]] && return
    echo "Building rcodesign $RCODESIGN_VERSION; this takes minutes, once"
    # Without its features: they notarize, which is left to Apple's own tool.
    CARGO_TARGET_DIR=$root/target/tools/rcodesign-build cargo install --quiet --locked --no-default-features \
        --root "$root/target/tools/rcodesign-$RCODESIGN_VERSION" "apple-codesign@$RCODESIGN_VERSION"
    rm -rf "$root/target/tools/rcodesign-build"
}

# What makes and reads disk images.
need_image_tools() {
    need xorriso p7zip-full dmg2img -- /usr/bin/xorriso /usr/bin/7z /usr/bin/dmg2img
}
