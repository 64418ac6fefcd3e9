"""A device that keeps passkeys, in software, for tests: it signs what it is asked as a real one would, or as told."""

from __future__ import annotations

import json
import secrets
from hashlib import sha256
from typing import Any

import attrs
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

FLAG = AuthenticatorData.FLAG


@attrs.define
class SoftDevice:
    """One device with one passkey; `verifies` says whether it asks who holds it, and `counter` how often it was used."""

    origin: str
    verifies: bool = True
    counter: int = 0
    key: Any = attrs.field(factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential: bytes = attrs.field(factory=lambda: secrets.token_bytes(16))
    handle: str = ""

    def made(self, options: dict[str, Any]) -> str:
        """What the browser answers to being asked for a new passkey."""
        asked = options["create"]
        self.handle = asked["user"]["id"]
        public = AttestedCredentialData.create(
            Aaguid.NONE, self.credential, ES256.from_cryptography_key(self.key.public_key())
        )
        data = self._data(asked["rp"]["id"], FLAG.AT, bytes(public))
        client = CollectedClientData.create(CollectedClientData.TYPE.CREATE, asked["challenge"], self.origin)
        return self._told(
            clientDataJSON=websafe_encode(client),
            attestationObject=websafe_encode(AttestationObject.create("none", data, {})),
        )

    def used(self, options: dict[str, Any], *, counts: int = 1, **other: str) -> str:
        """What the browser answers to being asked for a passkey that is there; `other` replaces parts of it."""
        asked = options["get"]
        self.counter += counts
        data = self._data(asked["rpId"], FLAG(0), b"")
        client = CollectedClientData.create(CollectedClientData.TYPE.GET, asked["challenge"], self.origin)
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        parts = {
            "clientDataJSON": websafe_encode(client),
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signature),
            "userHandle": self.handle,
        }
        return self._told(**(parts | other))

    def _data(self, host: str, flags: FLAG, public: bytes) -> AuthenticatorData:
        flags |= FLAG.UP | (FLAG.UV if self.verifies else FLAG(0))
        return AuthenticatorData.create(sha256(host.encode()).digest(), flags, self.counter, public)

    def _told(self, **parts: str) -> str:
        own = websafe_encode(self.credential)
        return json.dumps({"id": own, "rawId": own, "type": "public-key", "response": parts})
