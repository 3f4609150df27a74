#!/bin/sh
exec perl -It/lib -Ibench "$(dirname "$0")/funnel.pl"
