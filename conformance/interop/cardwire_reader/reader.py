"""The reader without its transport: the interface module, which takes frames and gives frames (chapter Session).

Bytes of the link go in by `take`, bytes for it come out in `output`, time passes in `work`.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from .card import Card
from .codec import CLEAR_MAX, CLEAR_REQUESTS, REQUESTS, SEALED_MAX, CodecError, Fields, decode, encode
from .control import SERVICE_MODULES, Job, MainControl
from .diagnostics import DISABLED, ENABLED, MODULE, PLATFORM, SERVICE, Diagnostics
from .identity import PRODUCTION, Identity
from .link import CLEAR, Frame
from .login import HARDWARE_CLASS, SOFTWARE, ChannelError, Grants, Login, LoginError
from .requests import RequestError, ServiceRequests, error_answer
from .schema import limit, seconds, value
from .secrets import Secrets
from .security import Accepted, SecurityModule
from .services import Services
from .session import CONNECTED, Session
from .store import Store
from .update import Updates

LOGIN = value("session_state", "login")
SERVING = value("session_state", "serving")

_FAILURES_MAX = limit("failures_max")
_IDLE = seconds("T_idle")
_SECURITY = value("module", "security")


class Reader:
    """All parts of a reader but its link."""

    def __init__(
        self, identity: Identity, store: Store, clock: Callable[[], float], exchange_time: float, card_present: bool
    ) -> None:
        store.provision(identity.provisioning == PRODUCTION)
        store.record.boot_counter += 1
        self._safe = store.save()
        identity.boot_counter = store.record.boot_counter
        self._identity = identity
        self._clock = clock
        self._booted = clock()
        self.output = bytearray()
        self._diagnostics = Diagnostics(self._uptime)
        self._security = SecurityModule(identity, store, self._diagnostics, clock)
        self._services = Services.load(store)
        self._updates = Updates(identity.authority_key, HARDWARE_CLASS, self._services)
        self._control = MainControl(
            store,
            self._diagnostics,
            Card(),
            clock,
            identity.static_key,
            exchange_time,
            self._progress,
        )
        self._control.move_card(card_present)
        self._secrets = Secrets(self._control, self._services, clock)
        self._requests = ServiceRequests(self._control, self._services, self._secrets, self._diagnostics)
        self._session: Session | None = None

    def take(self, frame: Frame) -> None:
        """Takes one frame; what it is answered stands in `output` afterwards."""
        self._expire()
        if frame.kind == CLEAR:
            self._clear(frame)
        elif self._session is None:
            self._answer_clear(frame, encode("refusal", {}))
        else:
            self._sealed(self._session, frame)

    def link_lost(self) -> None:
        """The link was reset: the session ends, and nothing of it is sent any more."""
        self.output.clear()
        self._end_session()

    def move_card(self, present: bool) -> None:
        """Takes what the contact-detect switch of the slot says."""
        if self._control.move_card(present):
            self._event(encode("card_event", {"slot": self._slot()}))

    def work(self) -> None:
        """Goes on with what runs, and ends what has lasted too long."""
        self._expire()
        self._control.work()

    def wake(self) -> float | None:
        """When `work` has something to do, if nothing arrives."""
        moments = []
        if self._control.running is not None:
            moments.append(self._control.wake)
        if (session := self._session) is not None:
            moments.append(session.last_request + _IDLE)
            moments.append(self._login_ends(session))
            if (until := self._secrets.until()) is not None:
                moments.append(until)
        return min(moments) if moments else None

    def _login_ends(self, session: Session) -> float:
        """When an unfinished login is dropped, or the grants of a finished one have passed."""
        if session.state == LOGIN and session.login is not None:
            return session.login.expires
        return session.grants_end if session.state == SERVING else inf

    def _uptime(self) -> int:
        return int((self._clock() - self._booted) * 1000) & 0xFFFFFFFF

    def _expire(self) -> None:
        session, now = self._session, self._clock()
        self._secrets.erase(late=True)
        if session is None:
            return
        if now >= session.last_request + _IDLE:
            self._end_session()
        elif now >= self._login_ends(session):
            self._drop_login(session)

    def _clear(self, frame: Frame) -> None:
        if frame.payload and frame.payload[0] & 0x80:
            return
        try:
            name, fields = decode(frame.payload, CLEAR_REQUESTS, CLEAR_MAX)
        except CodecError:
            self._answer_clear(frame, encode("refusal", {}))
            return
        session = self._session
        if not self._safe:
            self._answer_clear(frame, encode("refusal", {}))
        elif name == "hello":
            self._answer_clear(frame, self._security.hello_answer(fields))
        elif session is not None and session.next == 0 and session.answered == frame:
            self.output += session.answer
        elif (accepted := self._security.connect(frame.payload, fields)) is None:
            self._answer_clear(frame, encode("refusal", {}))
        else:
            self._open_session(frame, accepted)

    def _answer_clear(self, frame: Frame, message: bytes) -> None:
        self.output += Frame(CLEAR, frame.number, message).encode()

    def _open_session(self, frame: Frame, accepted: Accepted) -> None:
        self._end_session()
        answer = Frame(CLEAR, frame.number, accepted.answer).encode()
        self._session = Session(
            accepted.client_id,
            accepted.client,
            accepted.reader,
            accepted.handshake_hash,
            accepted.failed_before,
            self._clock(),
            frame,
            answer,
        )
        self._diagnostics.change(PLATFORM, 0, ENABLED)
        self.output += answer

    def _end_session(self) -> None:
        if self._session is None:
            return
        self._disable_services()
        self._diagnostics.change(PLATFORM, 0, DISABLED)
        self._session = None
        self._control.client_lost()

    def _disable_services(self) -> None:
        for service in self._services.programs:
            self._diagnostics.change(SERVICE, service, DISABLED)
        self._requests.formats = {}
        self._secrets.erase()

    def _drop_login(self, session: Session) -> None:
        session.login = session.offers = None
        session.state = CONNECTED
        self._disable_services()

    def _sealed(self, session: Session, frame: Frame) -> None:
        if frame.number == session.next:
            request = session.client.open(frame.payload, frame.number)
            if request is not None:
                self._execute(session, frame, request)
                return
        elif session.next > 0 and frame == session.answered:
            self.output += session.answer
            return
        session.dropped += 1
        if session.dropped >= _FAILURES_MAX:
            self._end_session()

    def _execute(self, session: Session, frame: Frame, request: bytes) -> None:
        session.next += 1
        session.last_request = self._clock()
        ends = False
        try:
            name, fields = decode(request, REQUESTS, SEALED_MAX)
            ends = name == "disconnect"
            answer = self._perform(session, name, fields)
        except CodecError as error:
            answer = error_answer(request, "malformed", error.rule, error.offset)
        except RequestError as error:
            answer = error_answer(request, error.error)
        self.output += session.keep(frame, answer)
        if ends:
            self._end_session()

    def _perform(self, session: Session, name: str, fields: Fields) -> bytes:
        match name:
            case "platform_auth":
                return self._platform_auth(session, fields)
            case "relay":
                return self._relay(session, fields["payload"])
            case "reader_status":
                return self._status(session)
            case "diagnostics":
                if self._identity.provisioning == PRODUCTION:
                    raise RequestError("not-permitted")
                return encode("diagnostics_answer", self._diagnostics.answer(fields["from"]))
            case "disconnect":
                return encode("disconnect_answer", {})
            case _:
                if session.state != SERVING:
                    raise RequestError("not-logged-in")
                return self._requests.perform(name, fields)

    def _platform_auth(self, session: Session, fields: Fields) -> bytes:
        self._drop_login(session)
        session.offers = {}
        for offer in fields["offers"]:
            if offer["service"] in self._services.programs:
                session.offers.setdefault(offer["service"], offer["format"])
        client, session_hash = session.client_id, session.handshake_hash
        login = Login(self._identity, self._services, self._from_cloud, client, session_hash, self._clock())
        session.login = login
        session.state = LOGIN
        return encode("platform_auth_answer", {"header": login.header, "handshake": login.handshake})

    def _relay(self, session: Session, payload: bytes) -> bytes:
        if session.login is None:
            raise RequestError("login-expired")
        try:
            answer = session.login.relay(payload, lambda grants: self._admit(session, grants))
        except LoginError as error:
            if session.state == SERVING:
                session.login = None
                self._secrets.erase()
            else:
                self._drop_login(session)
            raise RequestError(error.error) from None
        return encode("relay_answer", {"state": session.state, "payload": answer})

    def _from_cloud(self, name: str, fields: Fields) -> bytes:
        if name == "job_secrets":
            return self._secrets.hold(fields, lambda service: service in self._requests.formats)
        if not name.startswith("update_"):
            raise ChannelError("not-supported")
        return self._updates.take(name, fields)

    def _admit(self, session: Session, grants: Grants) -> None:
        session.state = SERVING
        session.grants_end = self._clock() + grants.lifetime
        for service, form in (session.offers or {}).items():
            if grants.all_services or service in grants.services:
                self._requests.formats[service] = form
                self._diagnostics.change(SERVICE, service, ENABLED)

    def _status(self, session: Session) -> bytes:
        modules = sorted({_SECURITY, *SERVICE_MODULES})
        states = [{"module": module, "state": self._diagnostics.state(MODULE, module)} for module in modules]
        fields = {
            "state": session.state,
            "provisioning": self._identity.provisioning,
            "hardware_class": HARDWARE_CLASS,
            "software": SOFTWARE,
            "boot_counter": self._identity.boot_counter,
            "uptime": self._uptime(),
            "failed_connects": min(session.failed_before + self._security.failures, 0xFFFF),
            "slots": [self._slot()],
            "modules": states,
        }
        return encode("reader_status_answer", fields)

    def _slot(self) -> Fields:
        card = value("card_state", "present" if self._control.card_present else "absent")
        return {"number": 0, "card": card, "generation": self._control.generation}

    def _progress(self, job: Job, percent: int) -> None:
        extension = bytes.fromhex("00010001") + bytes([percent]) if percent else b""
        fields = {"job": job.ident, "state": job.state, "step": job.step}
        self._event(encode("progress", fields, extension))

    def _event(self, message: bytes) -> None:
        """Sends a hint, where there is a session and the line is not busy."""
        session = self._session
        if session is not None and not self.output:
            self.output += session.event(message)
