// Sends a file of any size and tells how far it is, which fetch cannot.
import { ApiError, unreachable } from "./client";
import type { Problem } from "./wire";

export interface Sending {
	/** Fulfilled with what the server answered when it has all of it. Throws ApiError; what is cancelled throws AbortError. */
	done: Promise<string>;
	cancel(): void;
}

export interface Parcel {
	method: "PUT" | "POST";
	address: string;
	body: Blob;
	headers: Record<string, string>;
	/** Told the bytes that are on their way. */
	progress: (bytes: number) => void;
}

export function upload({ method, address, body, headers, progress }: Parcel): Sending {
	const request = new XMLHttpRequest();
	const done = new Promise<string>((resolve, reject) => {
		request.upload.onprogress = ({ loaded }) => progress(loaded);
		request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
		request.onerror = () => reject(new ApiError(unreachable));
		request.onload = () => {
			if (request.status >= 200 && request.status < 300) resolve(request.responseText);
			else reject(new ApiError(problemOf(request)));
		};
	});
	request.open(method, address);
	for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
	request.send(body);
	return { done, cancel: () => request.abort() };
}

function problemOf({ status, responseText }: XMLHttpRequest): Problem {
	const unnamed = { title: `The server answered ${status}.`, status };
	try {
		return { ...unnamed, ...(JSON.parse(responseText) as Problem) };
	} catch {
		return unnamed;
	}
}
