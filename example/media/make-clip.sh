#!/bin/sh
# Makes the two bundled media of the demo again: `clip.mp4` and `pictures/*.jpg`. Needs ffmpeg with libx264; the demo itself needs neither.
#
# The clip is 8 s long on purpose: 200 pictures at 25 a second and 375 AAC frames at 48 kHz are both exactly 8 s, so a loop that is shifted by
# 8 s leaves no hole in either track. A group of pictures is one second (a join never waits longer) and a fragment is 200 ms (the live edge
# is never further away). The tone fades in and out at the ends, so that the seam is not heard. The encoder makes one AAC frame more than it is
# given (its priming), so it is given 374 x 1024 samples; `setts` counts that frame from zero, so that both tracks begin at 0.
set -eu
cd "$(dirname "$0")"

ffmpeg -hide_banner -loglevel warning -y \
  -f lavfi -i 'testsrc2=size=640x360:rate=25:duration=8' \
  -f lavfi -i 'sine=frequency=330:beep_factor=4:sample_rate=48000:duration=9' \
  -af 'atrim=end_sample=382976,volume=0.5,afade=in:d=0.1,afade=out:start_time=7.8:duration=0.1' \
  -c:v libx264 -preset veryslow -profile:v high -pix_fmt yuv420p -crf 27 -maxrate 800k -bufsize 400k \
  -bf 0 -g 25 -keyint_min 25 -sc_threshold 0 \
  -c:a aac -b:a 64k -ac 1 -bsf:a setts=ts=N*1024 \
  -map_metadata -1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact \
  -movflags cmaf+frag_keyframe -frag_duration 200000 -f mp4 clip.mp4

# Four seconds of pictures at eight a second, each a file of its own: the publisher posts them one by one.
mkdir -p pictures
ffmpeg -hide_banner -loglevel warning -y -f lavfi -i 'testsrc2=size=320x180:rate=8:duration=4,format=yuvj420p' -q:v 6 \
  -map_metadata -1 -fflags +bitexact -flags:v +bitexact pictures/%02d.jpg
