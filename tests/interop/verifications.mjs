// The verifications of one person's client, each by a number; what becomes of them is told through `tell`.

import * as api from "matrix-js-sdk/lib/crypto-api/index.js";

export const SAS = "m.sas.v1";

const PHASES = ["", "unsent", "requested", "ready", "started", "cancelled", "done"];

export class Verifications {
    #crypto;
    #tell;
    #requests = new Map();
    #wantsSas = new Set();
    #shown = new Map();

    constructor(crypto, tell) {
        this.#crypto = crypto;
        this.#tell = tell;
    }

    /** Somebody asks to verify. */
    came(request) {
        this.#tell({
            event: "request",
            request: this.#follow(request),
            user: request.otherUserId,
            room: request.roomId ?? null,
        });
    }

    /** Ask someone to verify: to one of their devices, or in a room. The request's number. */
    async request({ user, device = null, room = null }) {
        const request = room
            ? await this.#crypto.requestVerificationDM(user, room)
            : await this.#crypto.requestDeviceVerification(user, device);
        return this.#follow(request);
    }

    async accept(number) {
        await this.#requests.get(number).accept();
    }

    /** Begin with emoji, or go along with the other one who began. */
    async start(number) {
        const followed = this.#requests.get(number);
        this.#wantsSas.add(number);
        if (followed.phase === api.VerificationPhase.Ready) {
            this.#verify(number, await followed.startVerification(SAS));
        } else {
            this.#changed(number);
        }
    }

    async confirm(number) {
        await this.#shown.get(number).confirm();
    }

    deny(number) {
        this.#shown.get(number).mismatch();
    }

    #follow(request) {
        for (const [number, known] of this.#requests) {
            if (known.transactionId && known.transactionId === request.transactionId) return number;
        }
        const number = this.#requests.size + 1;
        this.#requests.set(number, request);
        request.on(api.VerificationRequestEvent.Change, () => this.#changed(number));
        this.#changed(number);
        return number;
    }

    #changed(number) {
        const request = this.#requests.get(number);
        this.#tell({
            event: "phase",
            request: number,
            phase: PHASES[request.phase],
            code: request.cancellationCode,
            by: request.cancellingUserId ?? null,
        });
        const started = request.phase === api.VerificationPhase.Started && request.verifier;
        if (started && this.#wantsSas.has(number)) this.#verify(number, request.verifier);
    }

    #verify(number, verifier) {
        this.#wantsSas.delete(number);
        const show = (callbacks) => {
            this.#shown.set(number, callbacks);
            this.#tell({ event: "emoji", request: number, ...callbacks.sas });
        };
        verifier.on(api.VerifierEvent.ShowSas, show);
        if (verifier.getShowSasCallbacks()) show(verifier.getShowSasCallbacks());
        verifier.verify().then(
            () => this.#tell({ event: "verified", request: number }),
            (error) => this.#tell({ event: "refused", request: number, error: String(error) }),
        );
    }
}
