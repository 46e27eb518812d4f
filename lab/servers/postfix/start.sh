# Postfix: every mailbox is looked up, and a mail lives for seconds only.
mkdir -p /etc/postfix /var/spool/postfix /var/lib/postfix
chown postfix: /var/lib/postfix
cp /usr/share/postfix/master.cf.dist /etc/postfix/master.cf
# Of a setting that stands twice, Postfix would take the last with a warning each time.
sed "s/@NAME@/$NAME/g" /lab/main.cf /lab/settings |
    awk -F ' *= *' 'NF > 1 { last[$1] = $0 } END { for (name in last) print last[name] }' >/etc/postfix/main.cf
sed "s/@NAME@/$NAME/g" /lab/aliases >/etc/aliases
: >/etc/postfix/dynamicmaps.cf
postconf -F '*/*/chroot=n'
postalias /etc/aliases
postfix start
exec sleep infinity
