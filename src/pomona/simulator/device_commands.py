"""How a managed device answers commands."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pomona.formats import mobileconfig
from pomona.formats.mobileconfig import MalformedProfile
from pomona.simulator.device import Device

Result = dict[str, Any]
Keys = Mapping[str, Any]


@dataclass(slots=True)
class DeviceState:
    """What changes about a managed device. `own` means that it is its user's (User Enrolment)."""

    device: Device
    enrolment_identifier: str
    own: bool = False
    supervised: bool = False
    awaiting: bool = False
    profiles: dict[str, dict[str, Any]] = field(default_factory=dict)
    removed: bool = False
    erased: bool = False


def perform(state: DeviceState, command: Keys) -> Result:
    """Does what a command asks; gives `Status` and the keys that belong to it."""
    handler = _HANDLERS.get(str(command.get("RequestType")))
    if handler is None:
        return _error(12021, f"The MDM request type {command.get('RequestType')} is not valid.")
    return {"Status": "Acknowledged", **handler(state, command)}


def _error(code: int, text: str, domain: str = "MCMDMErrorDomain") -> Result:
    link = {
        "ErrorCode": code,
        "ErrorDomain": domain,
        "LocalizedDescription": text,
        "USEnglishDescription": text,
    }
    return {"Status": "Error", "ErrorChain": [link]}


def _device_information(state: DeviceState, command: Keys) -> Result:
    known = state.device.information(own=state.own, awaiting=state.awaiting, supervised=state.supervised)
    queries = [str(query) for query in command.get("Queries") or known]
    return {"QueryResponses": {query: known[query] for query in queries if query in known}}


def _profile_list(state: DeviceState, _command: Keys) -> Result:
    keys = ("PayloadIdentifier", "PayloadUUID", "PayloadDisplayName", "PayloadVersion", "PayloadOrganization")
    return {
        "ProfileList": [
            {name: profile[name] for name in keys if name in profile} | {"IsManaged": True}
            for profile in state.profiles.values()
        ]
    }


def _install_profile(state: DeviceState, command: Keys) -> Result:
    try:
        profile, _ = mobileconfig.unwrap(command.get("Payload") or b"")
        identifier = profile["PayloadIdentifier"]
        if not isinstance(identifier, str):
            raise MalformedProfile("PayloadIdentifier must be a string")
    except (MalformedProfile, KeyError) as problem:
        return _error(4001, f"The profile cannot be installed: {problem}", "MCInstallationErrorDomain")
    state.profiles[identifier] = profile
    return {}


def _remove_profile(state: DeviceState, command: Keys) -> Result:
    identifier = str(command.get("Identifier"))
    if identifier not in state.profiles:
        return _error(12029, f"There is no profile {identifier}.")
    if identifier == state.enrolment_identifier:
        state.removed = True
    else:
        del state.profiles[identifier]
    return {}


def _device_configured(state: DeviceState, _command: Keys) -> Result:
    if not state.awaiting:
        return _error(12021, "The device does not wait in Setup Assistant.")
    state.awaiting = False
    return {}


def _erase(state: DeviceState, _command: Keys) -> Result:
    if state.own:
        return _error(12021, "The device is its user's and cannot be erased.")
    state.erased = True
    return {}


def _security_info(state: DeviceState, _command: Keys) -> Result:
    return {
        "SecurityInfo": {
            "HardwareEncryptionCaps": 3,
            "PasscodePresent": False,
            "PasscodeCompliant": True,
            "PasscodeCompliantWithProfiles": True,
            "ManagementStatus": {
                "EnrolledViaDEP": state.supervised,
                "IsUserEnrollment": state.own,
                "UserApprovedEnrollment": True,
            },
        }
    }


def _nothing(_state: DeviceState, _command: Keys) -> Result:
    return {}


_HANDLERS: dict[str, Callable[[DeviceState, Keys], Result]] = {
    "CertificateList": lambda _state, _command: {"CertificateList": []},
    "DeviceConfigured": _device_configured,
    "DeviceInformation": _device_information,
    "DeviceLock": _nothing,
    "EraseDevice": _erase,
    "InstallProfile": _install_profile,
    "InstalledApplicationList": lambda _state, _command: {"InstalledApplicationList": []},
    "ProfileList": _profile_list,
    "RemoveProfile": _remove_profile,
    "RestartDevice": _nothing,
    "SecurityInfo": _security_info,
}
