#!/bin/sh
# Checks one delivery by hand, with nothing but openssl:
#
#   WEBHOOK_SECRET=whsec_… sh verify.sh WEBHOOK-ID WEBHOOK-TIMESTAMP WEBHOOK-SIGNATURE < body
#
# Standard input is the body, byte for byte as it came. Exits with 0 when it is genuine. Not for a server: other users of
# the machine can see the key among the arguments of openssl meanwhile, and the comparison takes no constant time.
set -eu
id=$1 timestamp=$2 signatures=$3

key=$(printf '%s' "${WEBHOOK_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
expected=$({ printf '%s.%s.' "$id" "$timestamp"; cat; } | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)

# Several while a secret is rotated.
case " $signatures " in
  *" v1,$expected "*) ;;
  *) echo 'Not genuine: no signature holds.' >&2; exit 1 ;;
esac
age=$(($(date +%s) - timestamp))
if [ "$age" -gt 300 ] || [ "$age" -lt -300 ]; then
  echo "Not genuine: the signature holds, but it is $age s old." >&2
  exit 1
fi
echo 'Genuine.'
