#!/bin/sh
exec perl -It/lib "$(dirname "$0")/score.pl"
