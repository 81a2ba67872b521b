{{/* What the app is told: what follows from the portal's host, then what all apps share, then its own. The last wins. */}}
{{- define "app.settings" -}}
{{- $all := dict -}}
{{- with .Values.global.host -}}
{{- $_ := set $all "BIZOPS_BASE_URL" (printf "https://%s" .) -}}
{{- if ne $.Chart.Name "shell" -}}{{- $_ := set $all "BIZOPS_SHELL_URL" (printf "https://%s" .) -}}{{- end -}}
{{- end -}}
{{- range $files := list (include "app.files" . | fromYaml) -}}
{{- range $file := $files -}}
{{- if $file.setting -}}{{- $_ := set $all $file.setting (list $file.path $file.file | compact | join "/") -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- range $settings := list .Values.global.settings .Values.settings -}}
{{- range $name, $value := $settings -}}{{- $_ := set $all $name (tpl (include "app.text" $value) $) -}}{{- end -}}
{{- end -}}
{{- range $name, $_ := (include "app.secrets" . | fromYaml) -}}
{{- if hasKey $all $name -}}{{- fail (printf "%s stands among the settings and among the secrets of %s; take one away" $name $.Values.name) -}}{{- end -}}
{{- end -}}
{{- toYaml $all -}}
{{- end -}}

{{/* A whole number stays one: Helm reads 1000000 as 1e+06. */}}
{{- define "app.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) -}}{{ int64 . }}{{- else -}}{{ . }}{{- end -}}
{{- end -}}

{{- define "app.secrets" -}}
{{- mergeOverwrite dict (deepCopy (.Values.global.secrets | default dict)) (deepCopy .Values.secrets) | toYaml -}}
{{- end -}}

{{/* The files of all apps, the app's own, and the roles and reports that a portal's values or its operator bring. */}}
{{- define "app.files" -}}
{{- $all := mergeOverwrite dict (deepCopy (.Values.global.files | default dict)) (deepCopy .Values.files) -}}
{{- if or .Values.global.roles .Values.global.customResources -}}
{{- $_ := set $all "roles" (dict "configMap" (printf "%s-roles" .Release.Name) "path" "/etc/bizops/roles" "setting" "BIZOPS_ROLES_DIR") -}}
{{- end -}}
{{- if .Values.global.reports -}}
{{- $_ := set $all "reports" (dict "configMap" (printf "%s-reports" .Release.Name) "path" "/etc/bizops/reports" "setting" "BIZOPS_REPORTS_DIR") -}}
{{- end -}}
{{- toYaml $all -}}
{{- end -}}

{{/* Refuses what would be lost with a pod, or differ between two: found out at the first restart, otherwise. */}}
{{- define "app.lasting" -}}
{{- $settings := include "app.settings" . | fromYaml -}}
{{- if not .Values.state.size -}}
{{- if and (hasKey (include "app.secrets" . | fromYaml) "BIZOPS_DATABASE_URL") (not $settings.BIZOPS_AUDIT_KEYS) -}}
{{- fail (printf "%s: the keys that sign its audit would be lost with the pod; name a Secret of them in files, with setting: BIZOPS_AUDIT_KEYS" .Values.name) -}}
{{- end -}}
{{- if and (eq .Chart.Name "shell") (not $settings.BIZOPS_ASSERTION_KEYS) -}}
{{- fail "shell: each pod would sign with keys of its own; name a Secret of them in files, with setting: BIZOPS_ASSERTION_KEYS" -}}
{{- end -}}
{{- end -}}
{{- end -}}
