//! System packages: installed where we are root on a Debian, named where we are not.
