#!/bin/sh
# Stands in for the Claude CLI: does what the lines of the file $SCRIPT say, one after the other.
#   < text     waits until it is told a line that holds this text
#   ! command  runs it
#   else       says the line
# What it was told stands in the file $TOLD, what it was called with in its first line.
printf '%s ' "$@" >>"$TOLD"
echo >>"$TOLD"
while IFS= read -r line <&4; do
  case $line in
  '< '*)
    while IFS= read -r told; do
      printf '%s\n' "$told" >>"$TOLD"
      case $told in *"${line#< }"*) break ;; esac
    done
    ;;
  '! '*) eval "${line#! }" ;;
  *) printf '%s\n' "$line" ;;
  esac
done 4<"$SCRIPT"
