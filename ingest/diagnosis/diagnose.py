"""Explains a signature by the fewest departures from HMAC-SHA256 of the body under a configured secret."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from ingest.diagnosis.bodies import BODIES
from ingest.diagnosis.digests import DIGESTS, hmac_sha256
from ingest.diagnosis.forms import FORMS, claims
from ingest.diagnosis.hypothesis import Claim, Hypothesis
from ingest.diagnosis.keys import KEYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from ingest.diagnosis.hypothesis import Altered
    from ingest.secrets.signature import Secret

MOST_DEPARTURES = 2
"""Not counting the form. More departures would multiply the candidates, and no sender makes that many mistakes."""
EXPIRED = Hypothesis(
    "secret_expired",
    "a secret that is no longer accepted",
    "let the sender use the current secret, or move CBW_WEBHOOK_SECRET_PREVIOUS_UNTIL",
)
OTHER = Hypothesis(
    "other_secret",
    "another secret than the receiver's",
    "give the receiver the secret that Command Center shows: CBW_WEBHOOK_SECRET or CBW_WEBHOOK_SECRET_FILE",
)
HYPOTHESES = (*FORMS, *BODIES, *KEYS, *DIGESTS, EXPIRED, OTHER)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The explanation of a signature.

    Attributes:
        is_valid: The receiver would accept the signature as it is.
        secret_id: The secret, by itself or as a variant, that signed; None when no candidate fits.
        causes: Every departure; empty when the signature is valid or when no candidate fits.
        tried: How many combinations were compared.
    """

    is_valid: bool
    secret_id: str | None
    causes: tuple[Hypothesis, ...]
    tried: int

    def as_json(self) -> dict[str, Any]:
        """Return plain values, without any part of the body or of a secret."""
        return {
            "valid": self.is_valid,
            "secret_id": self.secret_id,
            "causes": [{"name": cause.name, "says": cause.says, "hint": cause.hint} for cause in self.causes],
            "tried": self.tried,
        }


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One way to compute a signature: the function, the key, the bytes, and those of them that depart from the rule."""

    digest: Callable[[bytes, bytes], bytes]
    key: bytes
    body: bytes
    departures: tuple[Hypothesis, ...]


def diagnose(
    secrets: Sequence[Secret], body: bytes, signature: str, now: datetime, *, others: Sequence[Secret] = ()
) -> Diagnosis:
    """Explain a signature.

    Args:
        secrets: Every configured secret, expired ones too.
        body: The bytes as received.
        signature: The header's value.
        now: An aware instant.
        others: Further candidates that are not configured.
    """
    tried = 0
    readings = claims(signature)
    for departures in range(MOST_DEPARTURES + 1):
        for secret in (*secrets, *others):
            for candidate in _candidates(secret.value, body, departures):
                tried += 1
                found = _reading(readings, candidate)
                if found is not None:
                    wrong = OTHER if secret not in secrets else None if secret.is_active(now) else EXPIRED
                    return _explained(secret, found, candidate, tried, wrong)
    return Diagnosis(is_valid=False, secret_id=None, causes=(), tried=tried)


def _reading(readings: Sequence[Claim], candidate: _Candidate) -> Claim | None:
    digest = candidate.digest(candidate.key, candidate.body)
    return next((claim for claim in readings if claim.fits(digest)), None)


def _explained(
    secret: Secret, claim: Claim, candidate: _Candidate, tried: int, wrong: Hypothesis | None
) -> Diagnosis:
    causes = tuple(cause for cause in (claim.form, *candidate.departures, wrong) if cause is not None)
    return Diagnosis(is_valid=not causes, secret_id=secret.id, causes=causes, tried=tried)


def _candidates(secret: bytes, body: bytes, departures: int) -> Iterator[_Candidate]:
    """Yield every candidate with exactly this many departures."""
    functions = [(None, hmac_sha256), *((item, item.digest) for item in DIGESTS)]
    for (function, digest), (key_cause, key), (body_cause, text) in product(
        functions, _variants(KEYS, secret), _variants(BODIES, body)
    ):
        causes = tuple(cause for cause in (function, key_cause, body_cause) if cause is not None)
        if len(causes) == departures:
            yield _Candidate(digest, key, text, causes)


def _variants(hypotheses: Sequence[Altered], original: bytes) -> list[tuple[Altered | None, bytes]]:
    """Return the original, and every variant that differs from it and from those before."""
    found: dict[bytes, Altered | None] = {original: None}
    for hypothesis in hypotheses:
        for variant in hypothesis.variants(original):
            found.setdefault(variant, hypothesis)
    return [(hypothesis, variant) for variant, hypothesis in found.items()]
