"""Object identifiers as complete DER elements, so that reading compares bytes and writing joins them."""

from pomona.formats.der import oid

# PKCS #1, ANSI X9.62 and the digests
RSA_ENCRYPTION = oid("1.2.840.113549.1.1.1")
SHA1_WITH_RSA = oid("1.2.840.113549.1.1.5")
SHA256_WITH_RSA = oid("1.2.840.113549.1.1.11")
SHA384_WITH_RSA = oid("1.2.840.113549.1.1.12")
SHA512_WITH_RSA = oid("1.2.840.113549.1.1.13")
SHA1_WITH_RSA_OIW = oid("1.3.14.3.2.29")
EC_PUBLIC_KEY = oid("1.2.840.10045.2.1")
ECDSA_WITH_SHA1 = oid("1.2.840.10045.4.1")
ECDSA_WITH_SHA256 = oid("1.2.840.10045.4.3.2")
ECDSA_WITH_SHA384 = oid("1.2.840.10045.4.3.3")
ECDSA_WITH_SHA512 = oid("1.2.840.10045.4.3.4")
SHA1 = oid("1.3.14.3.2.26")
SHA256 = oid("2.16.840.1.101.3.4.2.1")
SHA384 = oid("2.16.840.1.101.3.4.2.2")
SHA512 = oid("2.16.840.1.101.3.4.2.3")

# CMS
DATA = oid("1.2.840.113549.1.7.1")
SIGNED_DATA = oid("1.2.840.113549.1.7.2")
ENVELOPED_DATA = oid("1.2.840.113549.1.7.3")
CONTENT_TYPE = oid("1.2.840.113549.1.9.3")
MESSAGE_DIGEST = oid("1.2.840.113549.1.9.4")
SIGNING_TIME = oid("1.2.840.113549.1.9.5")
DES_CBC = oid("1.3.14.3.2.7")
DES3_CBC = oid("1.2.840.113549.3.7")
AES128_CBC = oid("2.16.840.1.101.3.4.1.2")
AES192_CBC = oid("2.16.840.1.101.3.4.1.22")
AES256_CBC = oid("2.16.840.1.101.3.4.1.42")

# X.509 extensions and PKCS #10 attributes
SUBJECT_KEY_IDENTIFIER = oid("2.5.29.14")
KEY_USAGE = oid("2.5.29.15")
BASIC_CONSTRAINTS = oid("2.5.29.19")
CHALLENGE_PASSWORD = oid("1.2.840.113549.1.9.7")
