"""What botocore raises, as a person is told it: what AWS refused, or why it was not reached."""

from __future__ import annotations

from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError

from golden_image_cli.problems import AWS_REFUSED, WRONG_CALL, Problem

_SIGN_IN = "Sign in, such as by `aws sso login` or `aws login`"
# The codes with which services refuse credentials that were good before.
_EXPIRED_CODES = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
_UNKNOWN_CODES = {"InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure", "InvalidAccessKeyId"}
_BUSY_CODES = {"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"}
_EXPIRED = (
    exceptions.TokenRetrievalError,
    exceptions.SSOError,
    exceptions.CredentialRetrievalError,
    exceptions.RefreshWithMFAUnsupportedError,
    # Of `aws login`; an older botocore does not have it.
    getattr(exceptions, "LoginError", exceptions.SSOError),
)
_NO_CONNECTION = (exceptions.ConnectionError, exceptions.HTTPClientError, exceptions.IncompleteReadError)


def problem_of(error: Exception, sandbox: bool = False) -> Problem | None:
    """What to tell of an error of botocore; None for any other.

    Args:
        sandbox: it was a sandbox that was called.
    """
    if passing := passing_trouble(error):
        where = " Is the sandbox up? python -m sandbox up" if sandbox else ""
        return Problem(f"{passing}.{where}", AWS_REFUSED)
    told = {
        exceptions.NoRegionError: "No Region is named: say --region NAME, or export AWS_REGION=NAME.",
        exceptions.ProfileNotFound: f"{error}. `aws configure list-profiles` lists those that there are.",
        exceptions.NoCredentialsError: f"There are no credentials for AWS. {_SIGN_IN}, or name a --profile.",
        ClientError: f"AWS refused: {_told(error)}",
        BotoCoreError: f"AWS could not be called: {error}",
    }
    wrong_calls = (exceptions.NoRegionError, exceptions.ProfileNotFound)
    exit_code = WRONG_CALL if isinstance(error, wrong_calls) else AWS_REFUSED
    return next((Problem(text, exit_code) for kind, text in told.items() if isinstance(error, kind)), None)


def passing_trouble(error: Exception) -> str | None:
    """What keeps AWS from answering, and may pass by itself or by signing in again; None for all else."""
    if isinstance(error, _EXPIRED) or code(error) in _EXPIRED_CODES:
        return f"The credentials have expired ({_told(error)}). {_SIGN_IN}"
    if code(error) in _UNKNOWN_CODES:
        return f"AWS does not take these credentials ({_told(error)}). {_SIGN_IN}"
    if no_answer(error):
        return f"AWS does not answer ({error})"
    if _status(error) >= 500 or code(error) in _BUSY_CODES:
        return f"AWS is busy ({_told(error)})"
    return None


def of_credentials(error: Exception) -> bool:
    """Whether AWS would answer with other credentials."""
    return isinstance(error, _EXPIRED) or code(error) in _EXPIRED_CODES | _UNKNOWN_CODES


def no_answer(error: Exception) -> bool:
    """Whether a call was sent, or could not be, and no answer came."""
    return isinstance(error, _NO_CONNECTION)


def is_unsure(error: Exception) -> bool:
    """Whether a call that failed so may have been carried out all the same."""
    return no_answer(error) or _status(error) >= 500


def code(error: Exception) -> str:
    """AWS's code of an error that it answered; empty for any other."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def _status(error: Exception) -> int:
    """The HTTP status of an error that AWS answered; 0 for any other."""
    told = error.response.get("ResponseMetadata", {}) if isinstance(error, ClientError) else {}
    return int(told.get("HTTPStatusCode", 0))


def _told(error: Exception) -> str:
    """The error in AWS's words, without botocore's."""
    if not isinstance(error, ClientError):
        return str(error)
    message = error.response.get("Error", {}).get("Message") or "without a message"
    return f"{error.operation_name}: {code(error)}: {message}"
