"""Errors of remote files: what a server or its library says, in our words and without secrets."""

from __future__ import annotations

import errno
import re
from typing import Literal

Reason = Literal["absent", "refused", "time", "unreachable", "full", "invalid"]
"""Why a request failed: the place does not exist, no rights, too slow, no connection, no space, a wrong request."""

KEYS = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
ABSENT = "Create it, or correct `{}`; AWS_ENDPOINT_URL names the server."
_CODE = re.compile(r"[A-Za-z0-9]{1,48}")
_REGION = {"301", "307", "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}
_STALE_KEYS = {"ExpiredToken", "TokenRefreshRequired", "RequestExpired", "InvalidToken"}
_FULL = {"QuotaExceeded", "InsufficientStorage", "XMinioStorageFull", "507", "EntityTooLarge"}
_NO_SPACE = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


class RemoteError(Exception):
    """A failed request for a remote file. ``final``: a second attempt would fail in the same way."""

    def __init__(self, message: str, hint: str, *, final: bool = False, reason: Reason = "unreachable") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.final = final
        self.reason = reason


class TransientError(RemoteError):
    """A failure that a second attempt may not have."""


def translate_error(error: Exception, key: str) -> Exception:
    """Return the error as one of imageseo; FileNotFoundError and FileExistsError if they concern the file."""
    names = {parent.__name__ for parent in type(error).__mro__}
    code = _error_code(error)
    suffix = f" ({code})" if code else ""
    if code == "NoSuchBucket":
        return RemoteError("there is no such bucket", ABSENT.format(key), final=True, reason="absent")
    if code in _REGION:
        message, hint = f"the bucket is in another region{suffix}", "Set AWS_DEFAULT_REGION."
        return RemoteError(message, hint, final=True, reason="invalid")
    if isinstance(error, FileNotFoundError):
        return FileNotFoundError()
    if isinstance(error, FileExistsError):
        return FileExistsError()
    if (refusal := _refusal(error, names, code)) is not None:
        return refusal
    if code in _FULL or (isinstance(error, OSError) and error.errno in _NO_SPACE):
        return RemoteError(f"there is no space left{suffix}", "Free some space, or raise the quota.", reason="full")
    return _connection_error(error, names, code)


def _refusal(error: Exception, names: set[str], code: str) -> RemoteError | None:
    """Return the error about rights and credentials, None if the error is another one."""
    if code == "RequestTimeTooSkewed":
        hint = "The clocks of this machine and of the server differ: set the clock of this machine."
        return RemoteError(f"access denied ({code})", hint, final=True, reason="invalid")
    if code in _STALE_KEYS:
        hint = f"Renew the credentials in the environment: {KEYS}, and AWS_SESSION_TOKEN."
        return RemoteError(f"the credentials have expired ({code})", hint, final=True, reason="refused")
    if isinstance(error, PermissionError) or names & {"Forbidden", "Unauthorized"}:
        suffix = f" ({code})" if code else ""
        hint = f"Check {KEYS} and the key's permissions. Without permission to list, missing files are denied, too."
        return RemoteError(f"access denied{suffix}", hint, final=True, reason="refused")
    if names & {"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "CredentialRetrievalError"}:
        return RemoteError("no credentials", f"Set {KEYS} in the environment.", final=True, reason="refused")
    return None


def _connection_error(error: Exception, names: set[str], code: str) -> RemoteError:
    again = "Run again; if it fails again, check AWS_ENDPOINT_URL and the network."
    if "FSTimeoutError" in names:  # the total limit
        return RemoteError("the server does not answer in time", again, final=True, reason="time")
    if isinstance(error, TimeoutError) or names & {"ConnectTimeoutError", "ReadTimeoutError"}:
        return TransientError("the server does not answer in time", again, reason="time")
    if names & {"ClientPayloadError", "IncompleteRead", "IncompleteReadError", "ResponseStreamingError"}:
        return TransientError("the server broke off in the middle of the file", again)
    if "SSLError" in names:
        hint = "Set AWS_CA_BUNDLE to your authority's."
        return RemoteError("the server's certificate is not trusted", hint, final=True, reason="invalid")
    if names & {"ConnectionError", "HTTPClientError", "ClientConnectionError"}:
        return TransientError("the server cannot be reached", again)
    if isinstance(error, NotImplementedError):
        hint = "Use a URL that can be written to, such as s3://bucket."
        return RemoteError("the URL is read-only", hint, final=True, reason="refused")
    if isinstance(error, ValueError | TypeError) or "ParamValidationError" in names:
        name = type(error).__name__
        hint = "Check that AWS_ENDPOINT_URL is a URL such as https://s3.example.org and the bucket's name is valid."
        return RemoteError(f"the request is invalid ({name})", hint, final=True, reason="invalid")
    return TransientError(f"the server fails ({code or type(error).__name__})", again)


def _error_code(error: BaseException | None) -> str:
    """Return the server's error code, such as NoSuchBucket; ``""`` if there is none."""
    for _ in range(3):
        response = getattr(error, "response", None)
        if isinstance(response, dict):
            code = str(response.get("Error", {}).get("Code", ""))
            return code if _CODE.fullmatch(code) else ""
        error = error.__cause__ if error is not None else None
    return ""
