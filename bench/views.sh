#!/bin/sh
exec perl -It/lib -Ibench "$(dirname "$0")/views.pl"
