import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

/** The one of the system: GObject introspection is not there for others. */
const PYTHON = '/usr/bin/python3';
const LIBRARIES = `
import gi
gi.require_version('Gst', '1.0')
gi.require_version('GstRtspServer', '1.0')
from gi.repository import GLib, Gst, GstRtspServer
Gst.init(None)
`;
/** Serves one stream to one user, and prints its port. */
const SERVER = `${LIBRARIES}
import sys
server = GstRtspServer.RTSPServer()
server.set_address('127.0.0.1')
server.set_service(sys.argv[1])
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch('videotestsrc is-live=true ! video/x-raw,format=I420,width=320,height=240,framerate=25/1 ! jpegenc ! rtpjpegpay name=pay0 pt=26')
factory.set_shared(True)
permissions = GstRtspServer.RTSPPermissions()
token = GstRtspServer.RTSPToken()
token.set_string('media.factory.role', 'user')
auth = GstRtspServer.RTSPAuth()
auth.add_basic(GstRtspServer.RTSPAuth.make_basic('line7', 'secret'), token)
permissions.add_permission_for_role('user', 'media.factory.access', True)
permissions.add_permission_for_role('user', 'media.factory.construct', True)
factory.set_permissions(permissions)
server.set_auth(auth)
server.get_mount_points().add_factory('/stream', factory)
server.attach(None)
print(server.get_bound_port(), flush=True)
GLib.MainLoop().run()
`;

import { without } from '../../testing/needs.test-support.ts';

/** Ends the name of a test that needs the RTSP server of GStreamer, where there is none. */
export const withoutRtspServer = without('gstreamer-rtsp-server', spawnSync(PYTHON, ['-c', LIBRARIES]).status === 0);

export interface RtspServer {
  readonly port: number;
  /** Kills it. */
  kill(): Promise<void>;
}

/** A camera that speaks RTSP at `/stream`, 25 pictures a second, for `line7:secret`. Port 0: any. */
export async function startRtspServer(port = 0): Promise<RtspServer> {
  const child: ChildProcess = spawn(PYTHON, ['-c', SERVER, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  onTestFinished(kill);
  const first = await Promise.race([once(child.stdout ?? child, 'data'), exited.then(() => [])]);
  const bound = Number(String(first[0]));
  if (!(bound > 0)) throw new Error('the RTSP server did not start');
  return { port: bound, kill };
}
