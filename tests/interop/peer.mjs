// People with clients of their own, driven by JSON lines: {id, person, do, ...} on standard input gives
// {id, ok} or {id, err} on standard output, and what happens by itself {person, event, ...}.
// Ends with its input.

import "./surroundings.mjs";

import { createInterface } from "node:readline";

const { Person } = await import("./person.mjs");

const people = new Map();

function write(line) {
    process.stdout.write(`${JSON.stringify(line)}\n`);
}

function personCalled(id) {
    if (!people.has(id)) {
        people.set(id, new Person((event) => write({ person: id, ...event })));
    }
    return people.get(id);
}

async function answer({ id, person, do: verb, ...given }) {
    try {
        write({ id, ok: (await personCalled(person)[verb](given)) ?? null });
    } catch (error) {
        write({ id, err: String(error?.stack ?? error) });
    }
}

process.on("unhandledRejection", (error) => console.error(String(error?.stack ?? error)));

for await (const line of createInterface({ input: process.stdin })) answer(JSON.parse(line));
process.exit(0);
