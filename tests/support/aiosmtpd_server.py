"""A second, independent SMTP server for the delivery tests: aiosmtpd, as Debian packages it.

Arguments: starttls|implicit, certificate, key, user, password, file for the received message.
Prints its port when it listens, and runs until it is killed.
"""

import asyncio
import base64
import logging
import os
import ssl
import sys
import warnings

from aiosmtpd.smtp import SMTP, AuthResult

# It warns of what these tests set up on purpose.
logging.disable(logging.WARNING)
warnings.simplefilter("ignore")

protection, certificate, key, user, password, target = sys.argv[1:]


class Handler:
    async def auth_XOAUTH2(self, server, args):
        """As Exchange Online has it; a refusal comes after a challenge that wants an empty answer."""
        given = base64.b64decode(args[1]) if len(args) == 2 else b""
        if given == b"user=" + user.encode() + b"\x01auth=Bearer " + password.encode() + b"\x01\x01":
            return AuthResult(success=True, handled=False)
        answer = await server.challenge_auth(b'{"status":"400","schemes":"Bearer"}')
        assert answer == b"", answer
        await server.push("535 5.7.3 Authentication unsuccessful [<mailbox@contoso.com>]")
        return AuthResult(success=False, handled=True)

    async def handle_DATA(self, server, session, envelope):
        with open(target + ".partial", "wb") as file:
            file.write(",".join(envelope.rcpt_tos).encode() + b"\n" + envelope.original_content)
        os.rename(target + ".partial", target)
        return "250 2.0.0 Accepted"


def authenticate(server, session, envelope, mechanism, data):
    good = (data.login, data.password) == (user.encode(), password.encode())
    return AuthResult(success=good, handled=False)


async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    implicit = protection == "implicit"

    def peer():
        return SMTP(
            Handler(),
            hostname="localhost",
            tls_context=None if implicit else context,
            require_starttls=not implicit,
            auth_required=True,
            # aiosmtpd does not see that the socket itself is TLS.
            auth_require_tls=not implicit,
            auth_exclude_mechanism=["PLAIN"],
            authenticator=authenticate,
            loop=asyncio.get_running_loop(),
        )

    server = await asyncio.get_running_loop().create_server(
        peer, "127.0.0.1", 0, ssl=context if implicit else None
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
