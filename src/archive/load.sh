#!/bin/sh
# Loads this kit where airkit is not installed: checks the signature and every sum, loads, then compares every image:
#   sh load.sh [-k KEY]... [-v DIR]... [-e ENGINE] [-n NAMESPACE] [-r FILE] [--allow-unsigned] [--check]
#   -k KEY             public key (PEM) or allowed_signers file, which needs ssh-keygen 8.1 or later;
#                      default: the *.pub and *.allowed_signers of /etc/airkit/trust
#   -v DIR             a folder with further volumes (bundle.tar.002 ...) of this kit
#   -e ENGINE          docker, podman, ctr or nerdctl; default: the first of them that answers
#   -n NAMESPACE       of containerd; default: k8s.io
#   -r FILE            receipt; default: a new one in /var/lib/airkit/receipts, else in ~/.local/state/airkit/receipts
#   --allow-unsigned   load a kit that has no signature at all
#   --check            check signature and sums only
# Prints status, name, ID before and ID after of every image, separated by tabs.
# Exit codes: 0 done, 2 usage or not supported, 3 engine or disk failed, 4 verification failed, 5 partly done.
set -u
umask 027 && export LC_ALL=C
trust=/etc/airkit/trust tab=$(printf '\t')
engine='' namespace=k8s.io receipt='' unsigned=no only_check=no count=0 trouble=no

# Names and what engines say may hold escape sequences: only plain text reaches the terminal and the receipt.
plain() { tr -cd '\11\12\40-\176'; }
say() { printf '%s\n' "$*" | plain >&2 || :; }
die() { code=$1 && shift; say "error: $*"; exit "$code"; }
failed() { trouble=yes && say "error: $*"; }
absolute() { case $1 in /*) printf %s "$1" ;; *) printf %s "$PWD/$1" ;; esac; }
usage() { sed -n '2,/^set/{/^#/s/^# \{0,1\}//p;}' "$0" >&2; exit 2; }

# A command must never come from the folder of a kit.
case :$PATH: in *:[!/]*) die 2 'PATH names the current folder or another relative one: set it without' ;; esac
temp=$(mktemp -d "$(absolute "${TMPDIR:-/tmp}")/airkit-load.XXXXXX") || die 3 'cannot make a temporary folder'
trap 'rm -rf "$temp"' EXIT && trap 'exit 130' INT && trap 'exit 143' HUP TERM
mkdir "$temp/keys" "$temp/folders" "$temp/kit" || die 3 "$temp cannot be written"
echo none >"$temp/revoked" || die 3 "$temp cannot be written" # no pattern at all would be any line to busybox
kit=$temp/folders/0 index=$temp/kit/bundle.json images=$temp/kit/images.txt

# Lists are folders of links, which hold any name: enlist LIST PATH.
enlist() { ln -s "$(absolute "$2")" "$temp/$1/$count" || die 3 "$temp cannot be written"; count=$((count + 1)); }
case $0 in */*) enlist folders "${0%/*}/" ;; *) enlist folders . ;; esac
while [ $# -gt 0 ]; do
  case $1 in -[kvenr]) [ -n "${2-}" ] || usage ;; esac
  case $1 in
    -k) enlist keys "$2" && shift ;;
    -v) [ -d "$2" ] || die 2 "$2: no such folder" && enlist folders "$2" && shift ;;
    -e) case $2 in docker | podman | ctr | nerdctl) engine=$2 && shift ;; *) usage ;; esac ;;
    -n) namespace=$2 && shift ;;
    -r) receipt=$(absolute "$2") && shift ;;
    --allow-unsigned) unsigned=yes ;;
    --check) only_check=yes ;;
    *) usage ;;
  esac
  shift
done

# True for what lies in a folder of the kit, also behind links.
in_kit() {
  for folder in "$temp"/folders/*; do
    case $(readlink -f "$1")/ in "$(readlink -nf "$folder" && echo /)"*) return 0 ;; esac
  done
  return 1
}

# SHA-256 of keys as their ids (over SubjectPublicKeyInfo) and fingerprints (over SSH's form) have it: both forms end with
# the point of P-256 or the key of Ed25519. Key ids of other kinds cannot be told apart here: all get the sum 000000.
sums_of() {
  tr -d '\r' <"$1" | awk 'function found(what) { return match($0, what) }
    /^---*BEGIN PUBLIC/ { pem = 1; next } /^---*END/ { print length(text) == 124 ? text : "odd"; text = pem = ""; next }
    pem { text = text $0 } pem || /^[ \t]*(#|$)/ { next } /SHA256:[^ ]*=/ || /(rsa|p384|p521) AAAA/ { print "id AAAA" }
    found("SHA256:[A-Za-z0-9+/]+") { print "id", substr($0, RSTART + 7, 43) "="; next }
    { print found("AAAA[A-Za-z0-9+/]+=*") ? substr($0, RSTART, RLENGTH) : "unknown" }' | while read -r text id; do
    case $text in odd | unknown) echo "$text" && continue ;; esac
    printf %s "${id:-$text}" | base64 -d >"$temp/key" 2>/dev/null
    if [ "$text" = id ]; then od -An -v -tx1 <"$temp/key" | tr -d ' \n' && echo '  -' && continue; fi
    sha256sum <"$temp/key"
    while read -r size head; do (printf %b "$head" && tail -c "$size" "$temp/key") | sha256sum; done <<'END'
65 \0060\0131\0060\0023\0006\0007*\0206H\0316=\0002\0001\0006\0010*\0206H\0316=\0003\0001\0007\0003B\0000
65 \0000\0000\0000\0023ecdsa-sha2-nistp256\0000\0000\0000\0010nistp256\0000\0000\0000A
32 \0060*\0060\0005\0006\0003+ep\0003!\0000
END
  done
}
is_revoked() { sums_of "$1" | grep -qxFf "$temp/revoked" && say "revoked: a key of $2"; }
choose_keys() {
  for list in "$trust"/*.revoked; do
    [ -e "$list" ] || [ -L "$list" ] || continue
    if [ -r "$list" ]; then sums=$(sums_of "$list"); else sums=unknown; fi
    case $sums in *odd* | *unknown*) die 4 "$list cannot be read as PEM of P-256, or SSH keys or SHA256:... in lines" ;; esac
    printf '%s\n' "$sums" odd >>"$temp/revoked"
  done
  for key in "$temp"/keys/*; do [ ! -L "$key" ] || return 0; done
  for key in "$trust"/*.pub "$trust"/*.allowed_signers; do [ ! -f "$key" ] || enlist keys "$key"; done
}
# True when a key has signed the sums; sets $signer.
signed_by() {
  file=$(readlink "$1")
  if grep -q '^-----BEGIN PUBLIC KEY-----' "$1"; then
    ! is_revoked "$1" "$file" || return 1
    command -v openssl >/dev/null || die 3 'openssl is needed for a PEM key; or name an allowed_signers file'
    for signature in "$temp"/SHA256SUMS*.sig; do
      [ "$(wc -c <"$signature")" -le 72 ] && # what P-256 needs at most: openssl would not see what follows
        openssl dgst -sha256 -verify "$1" -signature "$signature" "$temp/SHA256SUMS" >/dev/null 2>&1 &&
        signer="$file (openssl)" && return 0
    done
    return 1
  fi
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in '' | '#'*) continue ;; ssh-* | ecdsa-* | sk-*) line="airkit $line" ;; esac
    printf '%s\n' "$line" >"$temp/signer"
    ! is_revoked "$temp/signer" "$file" || continue
    who=$(awk '{ sub(/,.*/, "", $1); gsub(/"/, "", $1); print $1 }' "$temp/signer") # OpenSSH 8.1 cannot find it itself
    for signature in "$temp"/SHA256SUMS*.sshsig; do
      ssh-keygen -Y verify -f "$temp/signer" -I "$who" -n airkit-bundle-index@v1 -s "$signature" \
        <"$temp/SHA256SUMS" >/dev/null 2>&1 && signer="$who of $file (ssh-keygen)" && return 0
    done
  done <"$1"
  return 1
}
check_signature() {
  [ -f "$kit/SHA256SUMS" ] || die 4 'SHA256SUMS is missing or is no file'
  cp "$kit/SHA256SUMS" "$temp/" || die 3 'SHA256SUMS cannot be read'
  signatures=no
  for file in "$kit"/SHA256SUMS*.* "$kit"/bundle.json.*; do
    case $file in *.sig | *.sshsig | *.sigstore.json) ;; *) continue ;; esac
    [ ! -e "$file" ] && [ ! -L "$file" ] || signatures=yes
    [ ! -f "$file" ] || cp "$file" "$temp/" || die 3 "$file cannot be read"
  done
  if [ "$signatures" = no ]; then
    [ "$unsigned" = yes ] || die 4 'the kit is not signed. Ask for a signed one, or use --allow-unsigned'
    signer='nobody (unsigned)' && say 'warning: the kit is not signed' && return
  fi
  choose_keys
  for key in "$temp"/keys/*; do
    [ -L "$key" ] || die 4 "no trusted key: name one with -k, or put it into $trust"
    ! in_kit "$key" || die 4 "$(readlink "$key"): a key in the kit proves nothing. Take it from its owner"
    if [ ! -f "$key" ] || [ ! -r "$key" ]; then die 2 "$(readlink "$key"): no such key file, or not readable"; fi
    signed_by "$key" && say "signed: $signer" && return
  done
  die 4 'no trusted key has signed this kit (keys of SSH need ssh-keygen 8.1). Do not use it, or name the right key'
}
# Puts the files that have a signed sum into $temp/kit, the large ones as links. Nothing else is used.
check_sums() {
  ! grep -qvE '^[0-9a-f]{64}  [A-Za-z0-9][A-Za-z0-9._-]*$' "$temp/SHA256SUMS" || die 4 'SHA256SUMS is malformed'
  cut -c 67- "$temp/SHA256SUMS" | sort >"$temp/files"
  while IFS= read -r name; do
    for folder in "$temp"/folders/*; do [ ! -f "$folder/$name" ] || break; done
    [ -f "$folder/$name" ] || die 4 "$name is missing. Copy the kit again; name folders of volumes with -v"
    case $name in bundle.json | images.txt) put='cp' ;; *) put='ln -s' ;; esac
    $put "$folder/$name" "$temp/kit/$name" || die 3 "$name cannot be read"
  done <"$temp/files"
  say 'checking every byte ...'
  (cd "$temp/kit" && sha256sum -c ../SHA256SUMS) >"$temp/sums" 2>&1 ||
    die 4 "damaged: $(sed -n 's/: FAILED.*//p' "$temp/sums" | tr '\n' ' '). Copy the kit again"
  grep -E '^bundle\.tar(\.[0-9]{3})?$' "$temp/files" >"$temp/volumes" || die 4 'SHA256SUMS names no archive'
  [ -f "$index" ] || die 4 'SHA256SUMS does not name bundle.json'
  awk -F '\t' 'NF < 5 || $1 !~ /^[][A-Za-z0-9][][A-Za-z0-9._:\/@-]*$/ || $4 !~ /^[a-z0-9._\/-]+$/ ||
    ($2 $3) !~ /^sha256:[0-9a-f]+sha256:[0-9a-f]+$/ { exit 1 }' "$images" || die 4 'images.txt is missing or malformed'
  # bundle.json is canonical JSON: members in order, no blanks, quotes within texts escaped.
  expires=$(sed -n 's/.*,"expires":"\([0-9-]*\)","images":\[.*/\1/p' "$index" | tr -d -)
  [ "$(date -u +%Y%m%d)" -le "${expires:-99999999}" ] || die 4 'the kit has expired. Ask for a newer one'
}
check_machine() {
  platform=linux/$(uname -m | sed 's/^x86_64$/amd64/; s/^aarch64$/arm64/; s/^armv.*/arm/; s/^i.86$/386/')
  awk -F '\t' -v p="$platform" '$4 == p || index($4, p "/") == 1' "$images" >"$temp/rows"
  # shellcheck disable=SC2016 # awk's own dollars
  others=$(awk -F '\t' 'own { seen[$1]; next } !($1 in seen)' own=1 "$temp/rows" own=0 "$images" | cut -f 1,4)
  [ -z "$others" ] || die 2 "this machine is $platform; the kit has for others only: $others"
  [ -s "$temp/rows" ] || die 2 'the kit has no image that an engine loads'
}
run() { case $engine in ctr | nerdctl) "$engine" -n "$namespace" "$@" ;; *) "$engine" "$@" ;; esac; }
answers() {
  case $engine in docker) docker info && ! docker --version | grep -qi podman ;; ctr) run version ;; *) run info ;; esac
}
choose_engine() {
  for engine in ${engine:-docker podman ctr nerdctl}; do ! answers >/dev/null 2>&1 || return 0; done
  die 3 "$engine does not answer. Is an engine installed and running, and may you use it?"
}
check_engine() {
  if grep -q '"reason":"base"' "$index"; then
    [ "$engine" != podman ] || die 2 'podman takes no thin kit: use airkit, or carry a full kit'
    say "a thin kit: $engine must still have the images of its base"
  fi
  case $(grep -c 'zstd","size":' "$index")$engine in
    1docker) version=$(docker version --format '{{.Server.Version}}' 2>/dev/null) oldest=23.0 ;;
    1ctr) version=$(ctr version 2>/dev/null | awk '/^Server/ { s = 1 } s && /Version/ { print $2; exit }') oldest=1.5 ;;
    *) return 0 ;;
  esac
  printf '%s\n' "$oldest.${version#v}" |
    awk -F . '{ exit !($3 !~ /^[0-9]/ || $3 > $1 + 0 || ($3 == $1 && $4 + 0 >= $2)) }' ||
    die 2 "$engine $version is too old for zstd layers ($oldest has them). Use airkit, or a kit with \"layers: gzip\""
}

# What the engine has under a name or ID: its own ID for it.
id_of() {
  case $engine in
    ctr) run images ls "name==$1" | awk -v name="$1" '$1 == name { print $3 }' ;;
    *) run image inspect --format '{{.Id}}' "$1" ;;
  esac 2>/dev/null </dev/null
}
# Name and ID of every image. One that is named by a digest may be there by its ID alone, with nerdctl by its root.
list_ids() {
  while IFS=$tab read -r name root image _; do
    id=$(id_of "$name")
    case $name in *@*) id=${id:-$(id_of "$image")}; id=${id:-$(id_of "$root")} ;; esac
    printf '%s\t%s\n' "$name" "${id:+sha256:}${id#sha256:}"
  done <"$temp/rows" | plain | sort -u
}
now() { date -u +%Y-%m-%dT%H:%M:%SZ; }
note() { printf '%s\t%s\n' "$@" | plain >>"$receipt"; }
archive() { while IFS= read -r name; do cat "$temp/kit/$name" || : >"$temp/unread"; done <"$temp/volumes"; }
load() {
  say "loading into $engine ..."
  archive | case $engine in ctr) run images import --platform "$platform" - ;; *) run load ;; esac >"$temp/said" 2>&1 ||
    failed "$engine: $(tail -n 3 "$temp/said")"
  [ ! -e "$temp/unread" ] || failed 'the archive could not be read to its end'
}

# Kubernetes starts pods that are pinned to a digest only from records named repo@sha256:...
add_digest_names() {
  while IFS=$tab read -r status name _ id; do
    case $status$name in failed* | *@*) continue ;; esac
    run images tag --force "$name" "${name%:*}@$id" >/dev/null 2>&1 </dev/null || failed "no name ${name%:*}@$id"
  done <"$temp/results"
}
begin_receipt() {
  folder=${XDG_STATE_HOME:-${HOME:-/tmp}/.local/state}/airkit/receipts
  [ "$(id -u)" -ne 0 ] || folder=/var/lib/airkit/receipts
  receipt=${receipt:-$folder/$(date -u +%Y-%m-%dT%H-%M-%SZ)-load-$$.txt}
  mkdir -p "${receipt%/*}/" || die 3 "$receipt cannot be written"
  ! in_kit "${receipt%/*}/" || die 2 "$receipt: a receipt does not belong into the kit"
  if ! note started "$(now)" \
    kit "$(readlink -f "$kit")" sums "$(sha256sum <"$temp/SHA256SUMS" | cut -c -64)" signed "$signer" engine "$engine" \
    host "$(uname -n)" user "${SUDO_USER:-$(id -un)}"; then die 3 "$receipt cannot be written"; fi
}

check_signature; check_sums
[ "$only_check" = no ] || { say 'signature and sums are good' && exit 0; }
check_machine; choose_engine; check_engine; begin_receipt
list_ids >"$temp/before"; load; list_ids >"$temp/after"
awk -F '\t' '
  step == 1 { good[$1, $2]; good[$1, $3] }
  step == 2 { old[$1] = $2 == "" ? "-" : $2 }
  step == 3 { status = !(($1, $2) in good) ? "failed" : $2 == old[$1] ? "already-present" : "loaded"
    print status FS $1 FS old[$1] FS ($2 == "" ? "-" : $2) }
' step=1 "$temp/rows" step=2 "$temp/before" step=3 "$temp/after" | tee "$temp/results" | tee -a "$receipt"
[ "$engine" != ctr ] || add_digest_names
missing=$(grep -c '^failed' "$temp/results") code=0
[ "$missing$trouble" = 0no ] || code=5
[ "$missing" -ne "$(wc -l <"$temp/results")" ] || code=3
note finished "$(now)" 'exit code' "$code" || die 3 "$receipt cannot be written to its end"
[ "$code" -eq 0 ] || die "$code" "not done in whole, images that are not in place: $missing; receipt: $receipt"
say "receipt: $receipt"
