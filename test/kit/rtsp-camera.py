# An RTSP camera as GStreamer's own server makes one: H.264, and G.711 sound, played to who asks. Prints its address.
# An argument is the port that it had before, as a camera that is restarted has.
import sys
import gi
gi.require_version('Gst', '1.0')
gi.require_version('GstRtspServer', '1.0')
from gi.repository import GLib, Gst, GstRtspServer

PICTURE = 'videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=25/1 ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=25'
SOUND = 'audiotestsrc is-live=true ! alawenc'

Gst.init(None)
server = GstRtspServer.RTSPServer(service=sys.argv[1] if len(sys.argv) > 1 else '0', address='127.0.0.1')
camera = GstRtspServer.RTSPMediaFactory(launch=f'( {PICTURE} ! rtph264pay name=pay0 pt=96  {SOUND} ! rtppcmapay name=pay1 pt=8 )', shared=True)
server.get_mount_points().add_factory('/stream1', camera)
server.attach(None)
print(f'address rtsp://127.0.0.1:{server.get_bound_port()}/stream1', flush=True)
GLib.MainLoop().run()
