// One person with a client of their own: matrix-js-sdk with its rust crypto, in memory. Each public
// method is a verb of the protocol; what happens by itself is told through `tell`.

import * as sdk from "matrix-js-sdk";
import * as api from "matrix-js-sdk/lib/crypto-api/index.js";

import { seal, unseal } from "./files.mjs";
import { SAS, Verifications } from "./verifications.mjs";

const silent = Object.fromEntries(
    ["trace", "debug", "info", "warn", "error"].map((level) => [level, console[level]]),
);
silent.getChild = () => silent;

const name = (values, value) => (value === null ? null : values[value].toLowerCase());

export class Person {
    #client;
    #crypto;
    #tell;
    #password;
    #storageKey = null;
    #keys = { mode: "send", held: [] };
    #queryDelay = 0;
    #verifications;

    constructor(tell) {
        this.#tell = tell;
    }

    // --- the account ---------------------------------------------------------------------------

    /** A new device, in sync; with `identity` it is cross-signed by the person's own, new identity. */
    async login({ url, user, password, identity = true, storage = false }) {
        const login = await sdk
            .createClient({ baseUrl: url, logger: silent })
            .loginRequest({
                type: "m.login.password",
                identifier: { type: "m.id.user", user },
                password,
            });
        this.#password = password;
        this.#client = sdk.createClient({
            baseUrl: url,
            userId: login.user_id,
            deviceId: login.device_id,
            accessToken: login.access_token,
            logger: silent,
            fetchFn: (resource, options) => this.#fetch(resource, options),
            verificationMethods: [SAS],
            cryptoCallbacks: {
                getSecretStorageKey: async ({ keys }) => {
                    const id = Object.keys(keys).find((id) => this.#storageKey?.id === id);
                    const only = Object.keys(keys)[0];
                    return this.#storageKey ? [id ?? only, this.#storageKey.bytes] : null;
                },
                cacheSecretStorageKey: (id, _, bytes) => {
                    this.#storageKey = { id, bytes };
                },
            },
        });
        await this.#client.initRustCrypto({ useIndexedDB: false });
        this.#crypto = this.#client.getCrypto();
        this.#verifications = new Verifications(this.#crypto, this.#tell);
        this.#listen();
        const prepared = new Promise((resolve) => {
            const heard = (state) => {
                if (state === "PREPARED") {
                    this.#client.off(sdk.ClientEvent.Sync, heard);
                    resolve();
                }
            };
            this.#client.on(sdk.ClientEvent.Sync, heard);
        });
        await this.#client.startClient({ initialSyncLimit: 100 });
        await prepared;
        if (identity) await this.createIdentity({ storage });
        return {
            user: login.user_id,
            device: login.device_id,
            token: login.access_token,
        };
    }

    /** Cross-signing keys, which sign this device; with `storage` the secrets are kept there. */
    async createIdentity({ storage = false }) {
        await this.#crypto.bootstrapCrossSigning({
            setupNewCrossSigning: true,
            authUploadDeviceSigningKeys: (request) => this.#authorised(request),
        });
        if (!storage) return null;
        const key = await this.#crypto.createRecoveryKeyFromPassphrase();
        await this.#crypto.bootstrapSecretStorage({
            createSecretStorageKey: async () => key,
            setupNewSecretStorage: true,
            setupNewKeyBackup: true,
        });
        return key.encodedPrivateKey;
    }

    /** Take up the account's identity with the recovery key, until this device is signed by it. */
    async recover({ recoveryKey }) {
        this.#storageKey = { id: null, bytes: api.decodeRecoveryKey(recoveryKey) };
        await this.#crypto.userHasCrossSigningKeys(this.#client.getUserId(), true);
        await this.#crypto.bootstrapCrossSigning({});
        const [user, device] = [this.#client.getUserId(), this.#client.getDeviceId()];
        await until(
            async () =>
                (await this.#crypto.getDeviceVerificationStatus(user, device))?.crossSigningVerified,
        );
        return {
            ready: await this.#crypto.isCrossSigningReady(),
            storageReady: await this.#crypto.isSecretStorageReady(),
        };
    }

    /** How many room keys the account's key backup gave, of how many. */
    async restoreBackup() {
        await this.#crypto.loadSessionBackupPrivateKeyFromSecretStorage();
        const { imported, total } = await this.#crypto.restoreKeyBackup();
        const info = await this.#crypto.getKeyBackupInfo();
        const trust = await this.#crypto.isKeyBackupTrusted(info);
        return { imported, total, trusted: trust.trusted, matches: trust.matchesDecryptionKey };
    }

    async setOnlySigned({ on = true }) {
        this.#crypto.setDeviceIsolationMode(
            on
                ? new api.OnlySignedDevicesIsolationMode()
                : new api.AllDevicesIsolationMode(false),
        );
    }

    /** Whether this client keeps its messages from all whom the person did not verify. */
    async setOnlyVerified({ on = true }) {
        this.#crypto.globalBlacklistUnverifiedDevices = on;
    }

    /** End the login: the device is gone. */
    async logout() {
        await this.#client.logout(true);
    }

    // --- rooms ---------------------------------------------------------------------------------

    async createRoom({ invite = [], direct = false, encrypted = true, more = {} }) {
        const state = encrypted
            ? [
                  {
                      type: "m.room.encryption",
                      state_key: "",
                      content: { algorithm: "m.megolm.v1.aes-sha2" },
                  },
              ]
            : [];
        const { room_id: room } = await this.#client.createRoom({
            preset: direct ? "trusted_private_chat" : "private_chat",
            is_direct: direct,
            invite,
            initial_state: state,
            ...more,
        });
        if (direct) {
            const known = this.#client.getAccountData("m.direct")?.getContent() ?? {};
            const rooms = { ...known, [invite[0]]: [...(known[invite[0]] ?? []), room] };
            await this.#client.setAccountData("m.direct", rooms);
        }
        await this.#known(room, encrypted);
        return room;
    }

    async encryptRoom({ room }) {
        await this.#client.sendStateEvent(room, "m.room.encryption", {
            algorithm: "m.megolm.v1.aes-sha2",
        });
        await this.#known(room, true);
    }

    /** Accept an invitation, which is awaited. */
    async join({ room, encrypted = true }) {
        await until(() => this.#client.getRoom(room)?.getMyMembership() === "invite");
        await this.#client.joinRoom(room);
        await this.#known(room, encrypted);
    }

    async leave({ room }) {
        await this.#client.leave(room);
    }

    async invite({ room, user }) {
        await this.#client.invite(room, user);
    }

    async kick({ room, user }) {
        await this.#client.kick(room, user);
    }

    /** Wait until this client has seen someone join (or leave). */
    async sees({ room, user, membership = "join" }) {
        await until(
            () => this.#client.getRoom(room)?.getMember(user)?.membership === membership,
        );
    }

    // --- messages ------------------------------------------------------------------------------

    async send({ room, text, more = {} }) {
        return this.#send(room, "m.room.message", { msgtype: "m.text", body: text, ...more });
    }

    async react({ room, event, key }) {
        return this.#send(room, "m.reaction", {
            "m.relates_to": { rel_type: "m.annotation", event_id: event, key },
        });
    }

    async sendFile({ room, data, filename, mimetype, msgtype = "m.file" }) {
        const plain = Buffer.from(data, "base64");
        const { sealed, file } = await seal(plain);
        const { content_uri: url } = await this.#client.uploadContent(Buffer.from(sealed), {
            type: "application/octet-stream",
            includeFilename: false,
        });
        return this.#send(room, "m.room.message", {
            msgtype,
            body: filename,
            filename,
            info: { mimetype, size: plain.length },
            file: { ...file, url },
        });
    }

    /** The file of an event's `file`, decrypted, as base64. */
    async download({ file }) {
        const address = this.#client.mxcUrlToHttp(
            file.url, undefined, undefined, undefined, false, true, true,
        );
        const answer = await fetch(address, {
            headers: { Authorization: `Bearer ${this.#client.getAccessToken()}` },
        });
        if (!answer.ok) throw new Error(`${answer.status} for the file`);
        const sealed = new Uint8Array(await answer.arrayBuffer());
        return {
            data: Buffer.from(await unseal(sealed, file)).toString("base64"),
            stored: Buffer.from(sealed).toString("base64"),
        };
    }

    /** The ids of a room's sessions whose keys this client has. */
    async sessions({ room }) {
        const keys = await this.#crypto.exportRoomKeys();
        return keys.filter((key) => key.room_id === room).map((key) => key.session_id);
    }

    /** Return when all that the homeserver has for this client by now has come in. */
    async catchUp() {
        await this.createRoom({ encrypted: false });
    }

    async discardSession({ room }) {
        await this.#crypto.forceDiscardSession(room);
    }

    /**
     * What becomes of room keys (and all else that is encrypted to devices) from now on: "send",
     * "hold" or "drop". The client believes them sent.
     */
    async roomKeys({ mode }) {
        this.#keys.mode = mode;
    }

    /** From now on the homeserver takes so long to say which devices there are. */
    async delayDeviceQueries({ milliseconds }) {
        this.#queryDelay = milliseconds;
    }

    /** Send what was held; how many requests. */
    async releaseRoomKeys() {
        const held = this.#keys.held.splice(0);
        for (const { resource, options } of held) {
            const { signal: _, ...rest } = options;
            const answer = await fetch(resource, rest);
            if (!answer.ok) throw new Error(`${answer.status} for a held room key`);
        }
        return held.length;
    }

    // --- trust ---------------------------------------------------------------------------------

    /** What this client thinks of someone, and of their devices. */
    async status({ user }) {
        const devices = await this.#crypto.getUserDeviceInfo([user], true);
        const found = await this.#crypto.getUserVerificationStatus(user);
        const all = {};
        for (const [id] of devices.get(user) ?? []) {
            const one = await this.#crypto.getDeviceVerificationStatus(user, id);
            all[id] = {
                signed: one.signedByOwner,
                verified: one.crossSigningVerified || one.localVerified,
            };
        }
        const keys = await this.#crypto.getUserCrossSigningKeys(user);
        return {
            known: found.known,
            verified: found.isCrossSigningVerified(),
            wasVerified: found.wasCrossSigningVerified(),
            changed: found.needsUserApproval,
            identity: keys ? Object.values(keys.master_key?.keys ?? {})[0] : null,
            devices: all,
        };
    }

    /** Wait until someone is verified: the signature makes its way through the homeserver. */
    async trusts({ user }) {
        await until(async () => (await this.#crypto.getUserVerificationStatus(user)).isVerified());
    }

    async requestVerification(given) {
        return this.#verifications.request(given);
    }

    async acceptVerification({ request }) {
        await this.#verifications.accept(request);
    }

    async startSas({ request }) {
        await this.#verifications.start(request);
    }

    async confirmSas({ request }) {
        await this.#verifications.confirm(request);
    }

    async mismatchSas({ request }) {
        this.#verifications.deny(request);
    }

    // --- inside --------------------------------------------------------------------------------

    async #authorised(request) {
        try {
            return await request(null);
        } catch (error) {
            if (error.httpStatus !== 401) throw error;
            return request({
                type: "m.login.password",
                session: error.data.session,
                identifier: { type: "m.id.user", user: this.#client.getUserId() },
                password: this.#password,
            });
        }
    }

    async #fetch(resource, options) {
        if (this.#queryDelay && String(resource).includes("/keys/query")) {
            await new Promise((resolve) => setTimeout(resolve, this.#queryDelay));
        }
        const keys = String(resource).includes("/sendToDevice/m.room.encrypted/");
        if (!keys || this.#keys.mode === "send") return fetch(resource, options);
        if (this.#keys.mode === "hold") this.#keys.held.push({ resource, options });
        return Promise.resolve(
            new Response("{}", { headers: { "Content-Type": "application/json" } }),
        );
    }

    async #known(room, encrypted) {
        await until(() => this.#client.getRoom(room)?.getMyMembership() === "join");
        if (!encrypted) return;
        await until(() => this.#crypto.isEncryptionEnabledInRoom(room));
    }

    async #send(room, type, content) {
        return (await this.#client.sendEvent(room, type, content)).event_id;
    }

    #listen() {
        this.#client.on(sdk.RoomEvent.Timeline, (event, room, toStart) => {
            if (!toStart && !event.isSending() && room) this.#heard(event);
        });
        this.#client.on(sdk.MatrixEventEvent.Decrypted, (event) => this.#heard(event));
        this.#client.on(sdk.RoomEvent.MyMembership, (room, membership) => {
            if (membership !== "invite") return;
            const inviter = room.getMember(this.#client.getUserId())?.events.member?.getSender();
            this.#tell({ event: "invited", room: room.roomId, user: inviter ?? null });
        });
        this.#client.on(api.CryptoEvent.VerificationRequestReceived, (request) => {
            this.#verifications.came(request);
        });
    }

    async #heard(event) {
        if (event.isState()) return;
        try {
            await this.#client.decryptEventIfNeeded(event);
        } catch {
            // told below as a failure
        }
        const encrypted = event.isEncrypted();
        const info = encrypted ? await this.#crypto.getEncryptionInfoForEvent(event) : null;
        this.#tell({
            event: "message",
            room: event.getRoomId(),
            id: event.getId(),
            sender: event.getSender(),
            type: event.getType(),
            content: event.getContent(),
            encrypted,
            failure: event.isDecryptionFailure() ? event.decryptionFailureReason : null,
            session: encrypted ? (event.getWireContent().session_id ?? null) : null,
            wire: encrypted ? event.getWireContent() : null,
            colour: info && name(api.EventShieldColour, info.shieldColour),
            reason: info && name(api.EventShieldReason, info.shieldReason),
        });
    }
}

/** Wait for what the SDK tells nobody; the other side of the protocol knows how long. */
async function until(condition) {
    while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}
