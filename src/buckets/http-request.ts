import { type Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { type Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { buffer } from 'node:stream/consumers';

export interface HttpRequest {
  readonly method: 'DELETE' | 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** The parts of the body, sent as they are, one behind the other. */
  readonly body?: readonly Uint8Array[];
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * Sends one request over the connections of the agent, and reads the whole answer, whatever its status. Follows and repeats
 * nothing. Rejects with the error of node (`code`) when the network fails or the answer breaks off; an aborted signal ends the
 * connection.
 */
export async function sendRequest(
  { method, url, headers, body = [] }: HttpRequest,
  agent: Agent | TlsAgent,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const length = body.reduce((sum, part) => sum + part.byteLength, 0);
  const send = url.protocol === 'https:' ? tlsRequest : request;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const running = send(
      url,
      { method, agent, signal, headers: { ...headers, 'content-length': `${length}` } },
      resolve,
    );
    running.on('error', reject);
    for (const part of body) running.write(part);
    running.end();
  });
  return { status: response.statusCode ?? 0, headers: response.headers, body: await buffer(response) };
}
