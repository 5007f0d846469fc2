# Kills what Baton leaves behind. Standard input is a pipe that Baton alone writes to: "+GROUP" when a
# child begins, "-GROUP" when nothing is left of it. It ends when Baton does, however that comes.
# The argument is how the value of every child's BATON_CHILD begins.

# Whatever ends Baton with a signal to everybody must not end this before its work is done.
trap '' HUP INT QUIT TERM

groups=' '
while IFS= read -r line; do
  group=${line#?}
  # Only what can be the number of a group; to "kill" 0 and 1 mean everybody.
  case $group in '' | 1 | [!1-9]* | *[!0-9]* | ????????*) continue ;; esac
  case $line in
    [+]*)
      groups="$groups$group "
      ;;
    -*)
      case $groups in
        *" $group "*) groups="${groups%%" $group "*} ${groups#*" $group "}" ;;
      esac
      ;;
  esac
done

for group in $groups; do
  kill -s KILL -- "-$group"
done

# What left its group still carries the mark. One look more than there are generations is enough, but
# a process that becomes another program in that moment shows none.
looks=0
vain=0
while [ "$looks" -lt 100 ] && [ "$vain" -lt 5 ]; do
  found=$(grep -lsz "^BATON_CHILD=$1" /proc/[0-9]*/environ)
  if [ -n "$found" ]; then vain=0; else vain=$((vain + 1)); fi
  for file in $found; do
    process=${file#/proc/}
    kill -s KILL "${process%%/*}"
  done
  looks=$((looks + 1))
done
