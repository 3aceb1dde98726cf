#!/usr/bin/env bash
# First steps with eParaksts: one document sealed with eZīmogs+ cloud, by nothing but curl and openssl.
#
#     PLATFORM_URL=http://127.0.0.1:8500 CLIENT_ID=practice CLIENT_SECRET=practice-secret \
#     REDIRECT_URI=http://127.0.0.1:8080/callback tests/wire/first_steps.sh pdf
#
# The argument is the format, pdf or edoc. The sixteen steps are the vendor's own happy path, in its order; the
# § beside a step is explained in worker/eparaksts/SOURCES.md. Nobody has to listen at the redirect URI, since curl does
# not follow it: the code is read from the address the browser would be sent to. Read this as a recipe, not as a client:
# a client parses JSON with a parser, repeats what may be repeated, and verifies more.
set -euo pipefail

FORMAT=${1:-pdf}
PLATFORM_URL=${PLATFORM_URL:?the integration platform, https://eidas-demo.eparaksts.lv or the practice vendor}
SIGNAPI_URL=${SIGNAPI_URL:-$PLATFORM_URL} # the practice vendor serves both at one address
CLIENT_ID=${CLIENT_ID:?given by the vendor with the contract}
CLIENT_SECRET=${CLIENT_SECRET:?given by the vendor with the contract}
REDIRECT_URI=${REDIRECT_URI:?registered with the vendor, character by character}
LOGIN=${LOGIN:-anna}           # who plays the person in the browser
PASSWORD=${PASSWORD:-parole}   # of the seal's key
ROOT_CERTIFICATE=${ROOT_CERTIFICATE:-} # what to trust; none: the practice vendor is asked
OUT=${OUT:-sealed.$FORMAT}     # where the sealed file goes

AUTHORIZE=$PLATFORM_URL/trustedx-authserver/oauth/lvrtc-eipsign-as
USERS_ME=$PLATFORM_URL/trustedx-resources/openid/v1/users/me
ESIGP=$PLATFORM_URL/trustedx-resources/esigp/v1

desk=$(mktemp -d)
trap 'rm -rf "$desk"' EXIT

# --- Tools: calling, and picking one field from an answer ------------------------------------------------------------

step() { printf '%2s  %s\n' "$1" "$2"; }
fail() {
    printf 'first steps: %s\n' "$*" >&2
    exit 1
}

# call STATUS CURL-ARGUMENTS… : the answer's body goes to $desk/answer; any other status than this is a surprise
call() {
    local expected=$1 status
    shift
    status=$(curl --silent --show-error --max-time 90 --output "$desk/answer" --dump-header "$desk/headers" \
        --write-out '%{http_code}' "$@") || fail "no answer: curl ${*: -1}"
    [ "$status" = "$expected" ] || fail "HTTP $status instead of $expected from ${*: -1}: $(head -c 500 "$desk/answer")"
}

# field NAME : the first string of this name in the JSON on standard input
field() {
    local text
    text=$(tr -d '\n' | grep -oE "\"$1\" *: *\"[^\"]*\"" | sed -n 1p | grep .) || fail "the answer holds no $1"
    printf '%s' "$text" | sed -E 's/^[^:]*: *"(.*)"$/\1/; s#\\/#/#g'
}

# identity PATTERN : the first enabled sign identity in $desk/people that matches, as a piece of JSON
identity() {
    tr -d '\n' <"$desk/people" | awk '{ gsub(/[{] *"access"/, "\n&"); print }' \
        | grep -E '"value" *: *"enabled"' | grep -E "$1" | sed -n 1p | grep . || fail "no identity fits $1"
}

urlencoded() {
    local LC_ALL=C text=$1 place byte code
    for ((place = 0; place < ${#text}; place++)); do
        byte=${text:place:1}
        case $byte in
        [A-Za-z0-9._~-]) printf '%s' "$byte" ;;
        *)
            printf -v code '%d' "'$byte"
            printf '%%%02X' "$((code & 255))"
            ;;
        esac
    done
}

# --- A browser: it keeps cookies, repeats a form's hidden fields, and stops at the redirect URI ----------------------

hidden_fields() { grep -oE '<input type="hidden"[^>]*>' "$desk/answer" || true; }
attribute() { sed -E "s/.* $1=\"([^\"]*)\".*/\1/"; }

# submit STATUS FIELD=VALUE… : fill in the form that is open and send it
submit() {
    local expected=$1 field given=()
    shift
    for field in "$@"; do given+=(--data-urlencode "$field"); done
    while IFS= read -r field; do
        given+=(--data-urlencode "$(attribute name <<<"$field")=$(attribute value <<<"$field")")
    done < <(hidden_fields)
    browse "$expected" "${given[@]}"
}

# browse STATUS CURL-ARGUMENTS… : open the page of the dialog
browse() {
    local expected=$1
    shift
    call "$expected" --cookie "$desk/cookies" --cookie-jar "$desk/cookies" "$@" "$page"
}

# brought_back : the code in the redirect, after a look at the state, which nobody but us can know
brought_back() {
    local target
    target=$(sed -nE 's/^[Ll]ocation: *([^[:cntrl:]]*).*/\1/p' "$desk/headers")
    case $target in "$REDIRECT_URI"[?]*) ;; *) fail "sent to $target instead of $REDIRECT_URI" ;; esac
    [[ "&${target#*\?}&" == *"&state=$state&"* ]] || fail "another state came back: $target"
    [[ "&${target#*\?}&" =~ \&code=([^\&]+)\& ]] || fail "no code came back: $target"
    printf '%s' "${BASH_REMATCH[1]}"
}

# authorization SCOPE QUERY : the address of an authorization request
authorization() {
    state=$(openssl rand -hex 16)
    page="$AUTHORIZE?response_type=code&client_id=$(urlencoded "$CLIENT_ID")&state=$state"
    page+="&redirect_uri=$(urlencoded "$REDIRECT_URI")&scope=$(urlencoded "$1")${2:-}"
}

# token FIELD=VALUE… : a bearer token from the token endpoint; client id and secret are url-encoded before base64 (§3.4)
token() {
    local basic fields=() field
    basic=$(printf '%s:%s' "$(urlencoded "$CLIENT_ID")" "$(urlencoded "$CLIENT_SECRET")" | openssl base64 -A)
    for field in "$@"; do fields+=(--data-urlencode "$field"); done
    call 200 --header "Authorization: Basic $basic" --header 'Accept: application/json' "${fields[@]}" "$AUTHORIZE/token"
    field access_token <"$desk/answer"
}

# --- The document ----------------------------------------------------------------------------------------------------

a_pdf() {
    printf '%%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n'
    printf '2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n'
    printf '3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>\nendobj\n'
    printf 'xref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000058 00000 n \n0000000115 00000 n \n'
    printf 'trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n186\n%%%%EOF\n'
}

case $FORMAT in
pdf)
    name='pirmie soļi.pdf' media=application/pdf sealing='"signAsPdf":true'
    a_pdf >"$desk/document"
    ;;
edoc)
    name='pirmie soļi.txt' media=text/plain sealing='"signAsPdf":false,"createNewEdoc":true'
    printf 'Pirmie soļi\n' >"$desk/document"
    ;;
*) fail "the format is pdf or edoc, not $FORMAT" ;;
esac

# --- Browser leg 1: who is there, and which seals may they use -------------------------------------------------------

step 1 'the person logs in; the platform sends the browser back with a code (§3.1)'
authorization 'urn:safelayer:eidas:sign:identity:profile' '&acr_values=urn:eparaksts:authentication:flow:mobileid'
browse 200
submit 200 "login=$LOGIN"
submit 302 action=confirm # a practice phone stands on the page
code=$(brought_back)

step 2 'the code, once and at once, becomes a profile token (§3.4)'
profile=$(token grant_type=authorization_code "code=$code" "redirect_uri=$REDIRECT_URI")

step 3 'the sign identities of the person; a seal is labelled qsealc or esealc (§3.5, §3.6)'
call 200 --header "Authorization: Bearer $profile" "$USERS_ME"
cp "$desk/answer" "$desk/people"
seal_id=$(identity '"(qsealc|esealc)"' | field id)
auth_id=$(identity '"eparaksts:(mobileid|eid):auth"' | field id)

step 4 'the certificate of the seal, base64 of DER (§3.7)'
call 200 --header "Authorization: Bearer $profile" "$ESIGP/sign_identities/$seal_id"
seal=$(field certificate <"$desk/answer")
base64 -d <<<"$seal" | openssl x509 -inform DER -out "$desk/seal.pem"
openssl x509 -in "$desk/seal.pem" -noout -pubkey >"$desk/seal.pub"
openssl x509 -in "$desk/seal.pem" -noout -subject -nameopt utf8,sep_comma_plus_space | sed 's/^/    /'

step 5 'the certificate the person authenticates with: the timestamp service lets its holder in (§3.7, §4.8)'
call 200 --header "Authorization: Bearer $profile" "$ESIGP/sign_identities/$auth_id"
auth=$(field certificate <"$desk/answer")

# --- Server to server: the document goes to SignAPI, a digest comes back ---------------------------------------------

step 6 'an introspect token, the bearer of every SignAPI call (§3.4)'
introspect=$(token grant_type=client_credentials 'scope=urn:safelayer:eidas:oauth:token:introspect')
signapi() { call "$1" --header "Authorization: Bearer $introspect" --header 'Accept: application/json' "${@:2}"; }
json() { signapi 200 --header 'Content-Type: application/json' --data "$1" "$2"; }

step 7 'a session: the folder of one resulting sealed file (§4.1)'
signapi 201 "$SIGNAPI_URL/api-session/v1.0/start"
session=$(field sessionId <"$desk/answer")

step 8 'the document, multipart, in the part "file"; the name decides how it is taken (§4.3)'
signapi 201 --request PUT --form "file=@$desk/document;filename=\"$name\";type=$media" \
    "$SIGNAPI_URL/api-storage/v1.0/$session/upload"

step 9 'the digest to be signed, calculated with the certificate of the seal (§4.7)'
json "{\"sessions\":[{\"sessionId\":\"$session\"}],\"certificate\":\"$seal\",$sealing}" \
    "$SIGNAPI_URL/api-sign/v1.0/CalculateDigest"
digest=$(field digest <"$desk/answer")
summary=$(field digests_summary <"$desk/answer")
summary_algorithm=$(field algorithm <"$desk/answer")
signature_algorithm=$(field signature_algorithm <"$desk/answer")
base64 -d <<<"$digest" >"$desk/digest"
[ "$(openssl dgst -sha256 -binary "$desk/digest" | openssl base64 -A)" = "$summary" ] \
    || fail 'digests_summary is not the SHA-256 of the digest (§2.1)'

# --- Browser leg 2: the person authorizes exactly this digest with the password of the key ---------------------------

step 10 'the person enters the key password; single sign-on spares them the login (§3.1)'
authorization 'urn:safelayer:eidas:sign:identity:use:server' "&sign_identity_id=$seal_id&digests_summary=$(
    urlencoded "$summary"
)&digests_summary_algorithm=$summary_algorithm"
browse 200
submit 302 "password=$PASSWORD" action=approve
code=$(brought_back)

step 11 'the code becomes a signing token, good for this identity and this summary (§3.4)'
signing=$(token grant_type=authorization_code "code=$code" "redirect_uri=$REDIRECT_URI")

step 12 'the platform signs the digest (§3.9); the value is verified before anybody relies on it (§5)'
call 200 --header "Authorization: Bearer $signing" --header 'Content-Type: application/json' --data "{
    \"sign_identity_id\":\"$seal_id\",\"signature_algorithm\":\"$signature_algorithm\",
    \"requests\":[{\"digest_value\":\"$digest\"}]}" "$ESIGP/signatures/server/raw/batch"
value=$(tr -d '\n' <"$desk/answer" | sed -nE 's/.*"signatures" *: *\[ *"([^"]*)".*/\1/p')
base64 -d <<<"$value" >"$desk/value"
hash=()
case $signature_algorithm in rsa-sha*) hash=(-pkeyopt "digest:${signature_algorithm#rsa-}") ;; esac
openssl pkeyutl -verify -pubin -inkey "$desk/seal.pub" -in "$desk/digest" -sigfile "$desk/value" ${hash[@]+"${hash[@]}"} \
    | sed 's/^/    /' || fail 'the signature value does not verify'

# --- Server to server: the value goes to SignAPI, the sealed file comes back -----------------------------------------

step 13 'SignAPI puts value, timestamp and revocation data into the document (§4.8); never repeated blindly'
json "{\"sessionSignatureValues\":[{\"sessionId\":\"$session\",\"signatureValue\":\"$value\"}],
    \"authCertificate\":\"$auth\"}" "$SIGNAPI_URL/api-sign/v1.0/finalizeSigning"
! grep -q '"error"' "$desk/answer" || fail "finalizeSigning refused: $(cat "$desk/answer")"

step 14 'the session now lists the sealed file alone (§4.4), and it is downloaded (§4.5)'
signapi 200 "$SIGNAPI_URL/api-storage/v1.0/$session/list"
document=$(field id <"$desk/answer")
signapi 200 "$SIGNAPI_URL/api-storage/v1.0/$session/$document"
cp "$desk/answer" "$OUT"

step 15 'what the vendor says of it (§4.12)'
signapi 200 "$SIGNAPI_URL/api-validation/v2.0/$session/$document/validate"
for passed in '"validationConclusion" *: *"POSITIVE"' '"indication" *: *"TOTAL-PASSED"'; do
    grep -qE "$passed" "$desk/answer" || fail "the report does not pass: $(cat "$desk/answer")"
done

step 16 'the session is closed, and its files are gone (§4.2)'
signapi 200 "$SIGNAPI_URL/api-session/v1.0/$session/close"

# --- What we see ourselves in the sealed file ------------------------------------------------------------------------

root=$ROOT_CERTIFICATE
if [ -z "$root" ]; then
    root=$desk/root.pem
    call 200 "$SIGNAPI_URL/sandbox/root.pem"
    cp "$desk/answer" "$root"
fi

# The CMS stands in /Contents as hexadecimal, and covers all bytes but these (ISO 32000-1, 12.8.1).
check_pdf() {
    local start length resume rest
    read -r start length resume rest < <(grep -aoE '/ByteRange *\[[0-9 ]+\]' "$OUT" | tail -n 1 | tr -c '0-9\n' ' ')
    start=$((10#$start)) length=$((10#$length)) resume=$((10#$resume)) rest=$((10#$rest))
    { bytes "$start" "$length" && bytes "$resume" "$rest"; } >"$desk/content"
    bytes $((length + 1)) $((resume - length - 2)) | unhexed >"$desk/seal.cms"
    openssl cms -verify -binary -cades -purpose any -inform DER -in "$desk/seal.cms" -content "$desk/content" \
        -CAfile "$root" -out /dev/null 2>"$desk/verdict" || fail "openssl refuses the seal: $(cat "$desk/verdict")"
    printf '    openssl: the seal fits the document and leads to the root\n'
    if command -v pdfsig >/dev/null; then
        pdfsig -nocert "$OUT" | grep -q 'Signature is Valid' || fail 'pdfsig refuses the seal'
        printf '    pdfsig: the signature is valid\n'
    fi
}

bytes() { head -c $(($1 + $2)) "$OUT" | tail -c "$2"; } # bytes FROM COUNT

unhexed() {
    local escaped
    escaped=$(sed 's/../\\x&/g')
    printf '%b' "$escaped"
}

# A container is a zip with the documents, and with a signature that refers to them by name (ETSI EN 319 162-1).
check_edoc() {
    local opened=$desk/opened
    LC_ALL=C.UTF-8 unzip -q "$OUT" -d "$opened" || fail 'the container cannot be opened'
    [ "$(cat "$opened/mimetype")" = application/vnd.etsi.asic-e+zip ] || fail 'this is no ASiC-E container'
    cmp "$desk/document" "$opened/$name" || fail 'the container holds another document'
    grep -qF "$(openssl dgst -sha256 -binary "$desk/document" | openssl base64 -A)" \
        "$opened/META-INF/signatures0.xml" || fail 'the signature is over another document'
    printf '    openssl: the signature refers to the document\n'
    if command -v xmlsec1 >/dev/null; then
        root=$(realpath "$root")
        (cd "$opened" && xmlsec1 --verify --id-attr:Id 'http://uri.etsi.org/01903/v1.3.2#:SignedProperties' \
            --trusted-pem "$root" META-INF/signatures0.xml 2>"$desk/verdict") \
            || fail "xmlsec1 refuses the seal: $(cat "$desk/verdict")"
        printf '    xmlsec1: the seal fits the document and leads to the root\n'
    fi
}

"check_$FORMAT"
printf 'sealed: %s\n' "$OUT"
